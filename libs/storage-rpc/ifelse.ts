import { isObject } from "./batch.ts";
import { Fields, type Params } from "./fields.ts";
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

/** Parses a branch, which may be any request; undefined when there is no such method. @throws RpcError 400. */
type ParseBranch<Request> = (method: string, params: Params, depth: number) => Request | undefined;

/** Parses the parameters of `ifelse`. @param depth how many others it is in. @throws RpcError 400. */
export function parseIfElse<Request>(params: Params, depth: number, parse: ParseBranch<Request>): IfElseOf<Request> {
  if (depth >= MAX_NESTED_IFELSE) throw invalid("nested too deeply");
  const condition = parseCondition(params["if"]);
  const branch = (name: "then" | "else") => parseBranch(params[name], name, (m, p) => parse(m, p, depth + 1));
  const request: IfElseOf<Request> = { method: "ifelse", condition, yes: branch("then"), no: branch("else") };
  if (!request.yes && !request.no) throw invalid('at least one of "then"/"else" required');
  return request;
}

function parseBranch<Request>(
  value: unknown,
  name: string,
  parse: (method: string, params: Params) => Request | undefined,
): Request | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw invalid(`${name} must be an object`);
  if (typeof value["method"] !== "string" || !isObject(value["params"])) {
    throw invalid(`${name} must have method/params keys`);
  }
  const request = parse(value["method"], value["params"]);
  // The reference names the branch where it means the method.
  if (request === undefined) throw invalidRequest(`Invalid ifelse request method "${name}"`);
  return request;
}

function parseCondition(value: unknown): Condition {
  if (!isObject(value)) throw invalid('no valid "if" field');
  const fields = new Fields(value);
  const asked = {
    heightAtLeast: fields.integer("height_at_least"),
    heightBefore: fields.integer("height_before"),
    hfAtLeast: readVersion(fields, "hf_at_least", 2),
    hfBefore: readVersion(fields, "hf_before", 2),
    vAtLeast: readVersion(fields, "v_at_least", 3),
    vBefore: readVersion(fields, "v_before", 3),
  };
  const given = Object.entries(asked).filter(([, each]) => each !== undefined);
  if (given.length === 0) throw invalid('must specify at least one "if" condition');
  return Object.fromEntries(given) as Condition;
}

/** A list of integers, filled up with zeros, what is beyond `length` left out; a number alone is a list of one. */
function readVersion(fields: Fields, name: string, length: number): number[] | undefined {
  const list = fields.integers(name);
  if (list.length === 0) return undefined;
  return Array.from({ length }, (_, i) => list[i] ?? 0);
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
