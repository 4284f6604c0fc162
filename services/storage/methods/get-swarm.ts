import { accountBytes, type GetSwarmRequest } from "@swarmpost/storage-rpc";
import { ok } from "./answer.ts";
import type { Method } from "./node.ts";
import { swarmBody } from "./wrong-swarm.ts";

/** `get_swarm`: who keeps an account. Any node answers, never with a 421. */
export const getSwarm: Method<GetSwarmRequest> = async (request, node) =>
  ok(swarmBody(node.view.responsible(accountBytes(request.account)), node));
