import { type AccountId, parseAccountId } from "./account-id.ts";
import type { Fields } from "./fields.ts";
import { invalidRequest } from "./rpc-error.ts";

/** `get_swarm`, also called `get_snodes_for_pubkey`: who keeps an account's messages. Any node answers. */
export interface GetSwarmRequest {
  method: "get_swarm";
  account: AccountId;
}

/** Parses the parameters of `get_swarm`; Session Desktop adds a meaningless `params`. @throws RpcError 400. */
export function parseGetSwarm(fields: Fields): GetSwarmRequest {
  const text = fields.exactlyOneOfAliases("pubkey", "pubKey");
  const account = parseAccountId(text);
  // Of this method alone the reference words it so.
  if (account === undefined) throw invalidRequest("Pubkey must be 66 hex digits/33 bytes long");
  return { method: "get_swarm", account };
}
