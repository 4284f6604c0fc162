import type { AccountId } from "@swarmpost/storage-rpc";
import type { Account } from "../account.ts";
import type { Credentials } from "../credentials.ts";
import { type Group, groupCredentials } from "./group.ts";
import { memberCredentials } from "./member-key.ts";

/** How an account takes part in a group: by the secret of an admin, or by the key that an admin made for it. */
export type Membership = { readonly admin: Group } | { readonly group: AccountId; readonly memberKey: Uint8Array };

/** The group's ID and what proves the right to act for it. Throws ClientError "bad-group-key". */
export function actingFor(
  account: Account,
  membership: Membership,
): { readonly id: AccountId; readonly credentials: Credentials; readonly admin: Group | undefined } {
  if ("admin" in membership) {
    const { admin } = membership;
    return { id: admin.id, credentials: groupCredentials(admin), admin };
  }
  const credentials = memberCredentials(membership.group, account, membership.memberKey);
  return { id: membership.group, credentials, admin: undefined };
}
