import assert from "node:assert/strict";
import { sessionAccount } from "./account.ts";
import type { Line } from "./line.ts";
import { assertRefused, hashOf, unsignedStore } from "./messages.ts";

interface IfElse {
  readonly hf: readonly number[];
  readonly v: readonly number[];
  readonly height: number;
  readonly condition: boolean;
  readonly result?: { readonly code: number; readonly body: unknown };
}

const info = { method: "info", params: {} };
const swarm = (pubkey: string) => ({ method: "get_swarm", params: { pubkey } });

/** Parameters of an `ifelse`; a branch that is undefined is left out. */
function branches(condition: object, yes: unknown, no?: unknown): object {
  const given = [
    ["if", condition],
    ["then", yes],
    ["else", no],
  ].filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/** test_ifelse.py of the reference server. */
export function ifelse(line: Line): void {
  line("test_ifelse.ifelse", async (rpc) => {
    const account = sessionAccount();
    const run = async (...parts: Parameters<typeof branches>) => {
      const { status, body } = await rpc.call<IfElse>("ifelse", branches(...parts));
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    };
    const { hf, v, height } = await run({ hf_at_least: [19] }, info);
    assert.ok(hf[0] === 19 && v.length === 3 && height >= 1234, "past what the reference suite takes for long ago");
    const later = [hf[0]!, hf[1]! + 1];
    const nextVersion = [v[0]!, v[1]!, v[2]! + 1];
    for (const [condition, expected] of [
      [{ hf_at_least: hf }, true],
      [{ hf_at_least: later }, false],
      [{ hf_before: later }, true],
      [{ v_at_least: v }, true],
      [{ v_before: v }, false],
      [{ v_before: nextVersion }, true],
      [{ height_at_least: height + 1_000_000 }, false],
      [{ height_before: height + 1_000_000 }, true],
      [{ hf_at_least: 19, v_at_least: 2, height_at_least: 1_000_000_000 }, false],
    ] as const) {
      const answer = await run(condition, info, swarm(account.id));
      assert.equal(answer.condition, expected, JSON.stringify(condition));
      const body = answer.result?.body as Record<string, unknown>;
      assert.equal(expected ? "version" in body : "snodes" in body, true);
      assert.equal(answer.result?.code, 200);
    }
    const none = await run({ hf_before: 1 }, info);
    assert.deepEqual([none.condition, "result" in none], [false, false]);
    const inner = { method: "ifelse", params: branches({ hf_at_least: 1 }, info) };
    const nested = await run({ hf_before: 1 }, info, inner);
    const within = nested.result!.body as IfElse;
    assert.deepEqual([within.condition, within.result?.code], [true, 200]);
    const requests = [{ method: "store", params: unsignedStore(account, "if") }, info];
    const batched = await run({ hf_at_least: 1 }, { method: "batch", params: { requests } });
    const { results } = batched.result!.body as { results: { code: number; body: { hash?: string } }[] };
    assert.deepEqual([results.map(({ code }) => code), results[0]?.body.hash], [[200, 200], hashOf(account, "if")]);
    const refused = await rpc.call("batch", { requests: [inner] });
    const text = "invalid request: Invalid batch subrequest: subrequests may not contain meta-requests";
    assertRefused(refused, 400, text);
  });
}
