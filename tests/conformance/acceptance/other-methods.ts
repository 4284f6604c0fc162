import assert from "node:assert/strict";
import { sessionAccount } from "./account.ts";
import type { Line } from "./line.ts";
import { assertRefused } from "./messages.ts";

interface Result {
  readonly result: {
    readonly service_node_states?: readonly Readonly<Record<string, unknown>>[];
    readonly height?: number;
    readonly block_hash?: string;
    readonly unchanged?: boolean;
    readonly status: string;
  };
  readonly t: number;
  readonly hf: readonly number[];
}

const fields = { public_ip: true, storage_port: true, pubkey_ed25519: true, swarm_id: true };

/** Methods that the reference server's list has no line for. */
export function otherMethods(line: Line): void {
  line("oxend_request.get_service_nodes", async (rpc) => {
    const ask = (params: object) => rpc.call<Result>("oxend_request", { endpoint: "get_service_nodes", params });
    const { status, body } = await ask({ active_only: true, fields: { ...fields, block_hash: true, height: true } });
    assert.equal(status, 200);
    const states = body.result.service_node_states ?? [];
    const known = new Map(rpc.nodes.map((node) => [node.pubkey as string, node]));
    assert.equal(states.length, rpc.nodes.length);
    for (const state of states) {
      const node = known.get(String(state["pubkey_ed25519"]));
      assert.deepEqual([state["public_ip"], state["storage_port"]], [node?.ip, node?.httpsPort]);
      assert.deepEqual(Object.keys(state).sort(), Object.keys(fields).sort());
    }
    assert.ok(body.hf.length === 2 && Math.abs(body.t - Date.now()) < 60_000);
    const unchanged = await ask({ poll_block_hash: body.result.block_hash });
    // A block may have come in between: then the whole list is told again.
    assert.ok(unchanged.body.result.unchanged === true || unchanged.body.result.block_hash !== body.result.block_hash);
    const batched = await rpc.call<{ results: { code: number; body: Result }[] }>("batch", {
      requests: [{ method: "oxend_request", params: { endpoint: "get_service_nodes", params: { limit: 2, fields } } }],
    });
    assert.equal(batched.body.results[0]?.body.result.service_node_states?.length, 2);
    assertRefused(await ask({ limit: "many" }), 400, "Unknown oxend error");
  });

  line("oxend_request.endpoints", async (rpc) => {
    const params = { type: 0, name_hash: Buffer.alloc(32).toString("base64") };
    const { status, body } = await rpc.call<Result>("oxend_request", { endpoint: "ons_resolve", params });
    assert.deepEqual([status, body.result], [200, { status: "OK" }]);
    assertRefused(
      await rpc.call("oxend_request", { endpoint: "get_info", params: {} }),
      400,
      "invalid request: Invalid oxend endpoint 'get_info'",
    );
    const missing = await rpc.call("oxend_request", { params: {} });
    assertRefused(missing, 400, "invalid request: Required field 'endpoint' missing");
  });

  line("active_nodes_bin", async (rpc) => {
    const bytes = await rpc.bytes("active_nodes_bin", {});
    assert.equal(bytes.length, 51 * rpc.nodes.length);
    const records = rpc.nodes.map((_, i) => bytes.subarray(51 * i, 51 * (i + 1)));
    for (const node of rpc.nodes) {
      const record = records.find((each) => each.subarray(0, 32).toString("hex") === node.pubkey);
      assert.equal(record?.readBigUInt64BE(32), node.swarmId);
      assert.deepEqual([[...record!.subarray(40, 44)].join("."), record?.readUInt16BE(44)], [node.ip, node.httpsPort]);
      assert.deepEqual([...record!.subarray(48)], [2, 11, 0]);
    }
    const requests = [{ method: "active_nodes_bin", params: {} }];
    const { body } = await rpc.call<{ results: { code: number; body: string }[] }>("batch", { requests });
    assert.deepEqual(Buffer.from(body.results[0]!.body, "base64"), bytes);
  });

  line("info_and_get_swarm", async (rpc) => {
    const info = await rpc.call<Record<string, unknown>>("info", {});
    assert.deepEqual(Object.keys(info.body).sort(), ["hf", "t", "timestamp", "version"]);
    assert.deepEqual([info.body["version"], info.body["timestamp"]], [[2, 11, 0], info.body["t"]]);
    const { id } = sessionAccount();
    for (const [method, params] of [
      ["get_swarm", { pubkey: id }],
      ["get_snodes_for_pubkey", { pubKey: id, params: {} }],
    ] as const) {
      const { status, body } = await rpc.call<{ snodes: { pubkey_ed25519: string; port: string }[]; swarm: string }>(
        method,
        params,
      );
      assert.deepEqual([status, body.snodes.length], [200, 7]);
      assert.deepEqual(
        body.snodes.map((node) => node.pubkey_ed25519).sort(),
        rpc.nodes.map((node) => node.pubkey as string).sort(),
      );
      assert.equal(body.swarm, rpc.nodes[0]?.swarmId.toString(16));
      assert.ok(body.snodes.every(({ port }) => typeof port === "string"));
    }
  });
}
