import { type InfoRequest, infoReply } from "@swarmpost/storage-rpc";
import { ok } from "./answer.ts";
import type { Method } from "./node.ts";

/** `info`: version and clock. */
export const info: Method<InfoRequest> = async (_request, node) => ok(infoReply(node.clock.now()));
