import type { AccountId } from "./account-id.ts";
import type { Fields } from "./fields.ts";

/** `get_swarm`, also called `get_snodes_for_pubkey`: who keeps an account's messages. Any node answers. */
export interface GetSwarmRequest {
  method: "get_swarm";
  account: AccountId;
}

/** Parses the parameters of `get_swarm`; Session Desktop adds a meaningless `params`. @throws RpcError 400. */
export function parseGetSwarm(fields: Fields): GetSwarmRequest {
  return { method: "get_swarm", account: fields.account() };
}
