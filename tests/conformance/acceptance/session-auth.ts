import assert from "node:assert/strict";
import { groupAccount, sessionAccount } from "./account.ts";
import type { Line } from "./line.ts";
import { assertRefused, hashesOf, type Page, signedRetrieve, stored } from "./messages.ts";

/** test_session_auth.py of the reference server. */
export function sessionAuth(line: Line): void {
  line("test_session_auth.session_auth", async (rpc) => {
    const account = sessionAccount();
    const hash = await stored(rpc, account, "abc 123");
    const params = signedRetrieve(account);
    const { pubkey_ed25519: _, ...without } = params;
    const failed = "retrieve signature verification failed";
    assertRefused(await rpc.call("retrieve", without), 401, failed);
    const wrong = { ...params, pubkey_ed25519: sessionAccount().ed25519 };
    assertRefused(await rpc.call("retrieve", wrong), 401, failed);
    const right = await rpc.call<Page>("retrieve", params);
    assert.deepEqual([right.status, hashesOf(right)], [200, [hash]]);
    const older = await rpc.call<Page>("retrieve", {
      ...params,
      pubkey: undefined,
      pubKey: account.id,
      lastHash: hash,
    });
    assert.deepEqual([older.status, hashesOf(older)], [200, []]);
  });

  line("test_session_auth.non_session_no_ed25519", async (rpc) => {
    const account = groupAccount();
    const params = { ...signedRetrieve(account), pubkey_ed25519: account.ed25519 };
    const text = "invalid request: pubkey_ed25519 is only permitted for 05[...] pubkeys";
    assertRefused(await rpc.call("retrieve", params), 400, text);
  });
}
