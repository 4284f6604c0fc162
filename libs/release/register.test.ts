import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type NodeKeys, pubkeyBytes } from "@swarmpost/crypto";
import { type EvmAddress, signRegistration } from "@swarmpost/proof";
import { NodeService } from "@swarmpost/protos";
import { GrpcServer, implement, RpcError } from "@swarmpost/rpc";
import { createLogger, parseConfig } from "@swarmpost/runtime";
import { readStakedNodes } from "@swarmpost/staking";
import { mineBlocks, someNodes, startTestChain, type TestChain } from "@swarmpost/staking/test-chain.ts";
import { sparePort } from "@swarmpost/testkit";
import { register } from "./register.ts";
import { registerConfig } from "./register-config.ts";

let chain: TestChain;
before(async () => {
  chain = await startTestChain({ unlockDelayBlocks: 3 });
});
after(() => chain[Symbol.asyncDispose]());

function hex(bytes: Uint8Array): EvmAddress {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/** The control gRPC of a relay that signs with these keys. */
async function startRelay(keys: NodeKeys, port = 0, signer: NodeKeys = keys): Promise<GrpcServer> {
  const server = new GrpcServer({ host: "127.0.0.1", port });
  const refused = async (): Promise<never> => {
    throw new RpcError("unimplemented", "not asked for here");
  };
  implement(server, NodeService, {
    signProof: refused,
    exchangeProofs: refused,
    signRegistration: async ({ chainId, contract, operator }) => ({
      pubkey: pubkeyBytes(keys.pubkey),
      signature: signRegistration(signer, { chainId, contract: hex(contract), operator: hex(operator) }),
    }),
  });
  await server.listen();
  return server;
}

/** One run of the job; answers its lines. */
async function runRegister(relays: Record<string, string>, env: Record<string, string> = {}): Promise<string[]> {
  const lines: string[] = [];
  const config = parseConfig(registerConfig, {
    CHAIN_RPC_URLS: chain.target.rpcUrl,
    CHAIN_CONTRACT: chain.target.contract,
    RELAYS: Object.entries(relays)
      .map((pair) => pair.join("="))
      .join(","),
    ...(env.OPERATOR_KEY === undefined ? { OPERATOR_DEVELOPMENT_ACCOUNT: "1" } : {}),
    ...env,
  });
  const logger = createLogger({ service: "register", level: "silent" });
  await register(config, { logger, signal: new AbortController().signal, print: (line) => void lines.push(line) });
  return lines;
}

async function staked(): Promise<Set<string>> {
  return new Set((await readStakedNodes(chain.target)).map((node) => node.nodeKey));
}

test("registers each node once, however often it runs, and a relay that answers later as well", async () => {
  const nodes = someNodes(3);
  const latePort = await sparePort();
  await using one = await startRelay(nodes[0]!);
  await using two = await startRelay(nodes[1]!);
  const relays = { "n-0": one.address, "n-1": two.address, "n-2": `127.0.0.1:${latePort}` };
  const running = runRegister(relays);
  while (!(await staked()).has(nodes[1]!.pubkey)) await mineBlocks(chain.anvil, 1);
  assert.ok(!(await staked()).has(nodes[2]!.pubkey), "those that answer do not wait for those that don't");
  await using _late = await startRelay(nodes[2]!, latePort);
  const lines = await running;
  assert.equal(lines.length, 3);
  lines.forEach((line, index) => assert.match(line, new RegExp(`^n-${index}: registered since block \\d+$`)));
  const count = (await staked()).size;
  assert.deepEqual(await runRegister(relays), lines, "nothing changes");
  assert.equal((await staked()).size, count);
});

test("releases of several operators and of one operator, all at once, all get their nodes in", async () => {
  const nodes = someNodes(8);
  await using stack = new AsyncDisposableStack();
  const servers = await Promise.all(nodes.map(async (keys) => stack.use(await startRelay(keys))));
  const releases = [0, 1, 2, 3].map((index) => {
    const pair = servers.slice(index * 2, index * 2 + 2).map((server, pod) => [`n-${pod}`, server.address] as const);
    const account = index < 2 ? "3" : String(index + 2);
    return runRegister(Object.fromEntries(pair), { OPERATOR_DEVELOPMENT_ACCOUNT: account });
  });
  await Promise.all(releases);
  const found = await staked();
  assert.deepEqual(
    nodes.filter((node) => !found.has(node.pubkey)),
    [],
  );
});

test("unlocks a node that is named, waits out the delay, and ends its stake", async () => {
  const [keys] = someNodes(1);
  await using relay = await startRelay(keys!);
  const relays = { "n-0": relay.address };
  await runRegister(relays);
  const leaving = runRegister(relays, { UNLOCK_NODES: "n-0" });
  let done = false;
  void leaving.finally(() => (done = true));
  while (!done) await mineBlocks(chain.anvil, 1);
  assert.deepEqual(await leaving, ["n-0: left the network; its stake is back"]);
  assert.ok(!(await staked()).has(keys!.pubkey));
  assert.deepEqual(await runRegister(relays, { UNLOCK_NODES: "n-0" }), ["n-0: not in the network"]);
});

test("an account without tokens is told what it lacks", async () => {
  const nodes = someNodes(2);
  await using one = await startRelay(nodes[0]!);
  await using two = await startRelay(nodes[1]!);
  const poor = `0x${"5a".repeat(32)}`;
  await assert.rejects(runRegister({ a: one.address, b: two.address }, { OPERATOR_KEY: poor }), {
    code: "no-funds",
    message: /must hold 30000 tokens .* to stake for 2 nodes, and coins/,
  });
});

test("never stakes for a signature that does not hold", async () => {
  const [keys, other] = someNodes(2);
  await using relay = await startRelay(keys!, 0, other);
  await assert.rejects(runRegister({ "n-0": relay.address }), { message: "the signature of n-0 does not hold" });
  assert.ok(!(await staked()).has(keys!.pubkey));
});

test("relays that never answer are named", async () => {
  const gone = { "n-0": `127.0.0.1:${await sparePort()}` };
  await assert.rejects(runRegister(gone, { REGISTER_TIMEOUT_MS: "1500" }), {
    code: "unregistered",
    message: "the relays of n-0 did not answer within 1500 ms",
  });
});
