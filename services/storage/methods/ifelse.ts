import {
  conditionHolds,
  HARD_FORK,
  type IfElseRequest,
  type NodeState,
  type ParsedRequest,
  PROTOCOL_VERSION,
} from "@swarmpost/storage-rpc";
import { type Answer, JsonText, ok, resultJson } from "./answer.ts";

/** Runs one branch; never rejects. */
export type RunBranch = (request: ParsedRequest) => Promise<Answer>;

/** `ifelse`: what the node is compared with, whether the conditions hold, and the answer of the branch that fits. */
export async function runIfElse(request: IfElseRequest, height: number, run: RunBranch): Promise<Answer> {
  const state: NodeState = { hf: HARD_FORK, v: PROTOCOL_VERSION, height };
  const condition = conditionHolds(request.condition, state);
  const branch = condition ? request.yes : request.no;
  const result = branch && `,"result":${resultJson(await run(branch))}`;
  return ok(new JsonText(`${JSON.stringify({ ...state, condition }).slice(0, -1)}${result ?? ""}}`));
}
