import { isObject } from "./batch.ts";
import type { Params } from "./fields.ts";
import { MAX_NESTED_IFELSE } from "./limits.ts";
import { invalidRequest } from "./rpc-error.ts";

/** What a node is compared with. */
export interface NodeState {
  hf: readonly [number, number];
  v: readonly [number, number, number];
  /** Height of the chain. */
  height: number;
}

/** Conditions that must all hold; each list has its full length. */
export interface Condition {
  hfAtLeast?: readonly number[];
  hfBefore?: readonly number[];
  vAtLeast?: readonly number[];
  vBefore?: readonly number[];
  heightAtLeast?: number;
  heightBefore?: number;
}

/** `ifelse`: one request or another, whichever fits the node. */
export interface IfElseOf<Request> {
  method: "ifelse";
  condition: Condition;
  /** `then`: what is run when the conditions hold. */
  yes: Request | undefined;
  /** `else`. */
  no: Request | undefined;
}

/** Parses a branch, which may be any request. @throws RpcError 400. */
type ParseBranch<Request> = (method: string, params: Params, depth: number) => Request;

/** Parses the parameters of `ifelse`. @param depth how many others it is in. @throws RpcError 400. */
export function parseIfElse<Request>(params: Params, depth: number, parse: ParseBranch<Request>): IfElseOf<Request> {
  if (depth >= MAX_NESTED_IFELSE) throw invalid("nested too deeply");
  const condition = parseCondition(params["if"]);
  const branch = (name: "then" | "else") => parseBranch(params[name], name, (m, p) => parse(m, p, depth + 1));
  const request: IfElseOf<Request> = { method: "ifelse", condition, yes: branch("then"), no: branch("else") };
  if (!request.yes && !request.no) throw invalid('at least one of "then" or "else" is required');
  return request;
}

function parseBranch<Request>(
  value: unknown,
  name: string,
  parse: (method: string, params: Params) => Request,
): Request | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value) || typeof value["method"] !== "string" || !isObject(value["params"])) {
    throw invalid(`"${name}" must have method/params keys`);
  }
  return parse(value["method"], value["params"]);
}

function parseCondition(value: unknown): Condition {
  if (!isObject(value)) throw invalid('no valid "if" field');
  const given = (name: string) => value[name] !== undefined && value[name] !== null;
  const version = (name: string, length: number) => readVersion(value[name], name, length);
  const condition: Condition = {
    ...(given("hf_at_least") && { hfAtLeast: version("hf_at_least", 2) }),
    ...(given("hf_before") && { hfBefore: version("hf_before", 2) }),
    ...(given("v_at_least") && { vAtLeast: version("v_at_least", 3) }),
    ...(given("v_before") && { vBefore: version("v_before", 3) }),
    ...(given("height_at_least") && { heightAtLeast: readInteger(value["height_at_least"], "height_at_least") }),
    ...(given("height_before") && { heightBefore: readInteger(value["height_before"], "height_before") }),
  };
  if (Object.keys(condition).length === 0) throw invalid('at least one "if" condition is required');
  return condition;
}

/** A list of integers, filled up with zeros; a number alone is a list of one. */
function readVersion(value: unknown, name: string, length: number): number[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > length) throw invalid(`"${name}" must be 1 to ${length} integers`);
  const numbers = list.map((item) => readInteger(item, name));
  return [...numbers, ...Array.from({ length: length - numbers.length }, () => 0)];
}

function readInteger(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw invalid(`"${name}" must be 1 or more integers`);
}

function invalid(what: string): Error {
  return invalidRequest(`Invalid ifelse request: ${what}`);
}

/** Whether all conditions hold for a node. */
export function conditionHolds(condition: Condition, { hf, v, height }: NodeState): boolean {
  const { hfAtLeast, hfBefore, vAtLeast, vBefore, heightAtLeast, heightBefore } = condition;
  return (
    (hfAtLeast === undefined || compare(hf, hfAtLeast) >= 0) &&
    (hfBefore === undefined || compare(hf, hfBefore) < 0) &&
    (vAtLeast === undefined || compare(v, vAtLeast) >= 0) &&
    (vBefore === undefined || compare(v, vBefore) < 0) &&
    (heightAtLeast === undefined || height >= heightAtLeast) &&
    (heightBefore === undefined || height < heightBefore)
  );
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
