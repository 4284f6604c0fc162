import { parseServiceNodesQuery } from "@swarmpost/network-view";
import { HARD_FORK, type OxendRequest } from "@swarmpost/storage-rpc";
import { type Answer, JsonText, ok } from "./answer.ts";
import type { Method } from "./node.ts";

/** What a client reads when the daemon could not make anything of its parameters. */
const UNKNOWN: Answer = { status: 400, body: "Unknown oxend error" };

/** A name that nobody registered: there are no names here. */
const NO_NAME = `{"status":"OK"}`;

/** `oxend_request`: the node list as seeds give it; a name is answered as one that is not registered. */
export const oxendRequest: Method<OxendRequest> = async ({ endpoint, params }, node) => {
  if (endpoint === "ons_resolve") return shape(NO_NAME, node.clock.now());
  const query = parseServiceNodesQuery(params);
  if (query === undefined) return UNKNOWN;
  return shape(node.serviceNodes.result(query, node.view.current), node.clock.now());
};

function shape(result: string, nowMs: number): Answer {
  return ok(new JsonText(`{"result":${result},"t":${nowMs},"hf":${JSON.stringify(HARD_FORK)}}`));
}
