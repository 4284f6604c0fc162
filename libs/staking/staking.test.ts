import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomBytes } from "@swarmpost/crypto";
import { verifyRegistration } from "@swarmpost/proof";
import { createPublicClient, encodeFunctionData, type Hex, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { openChain } from "./chain-client.ts";
import { onChain } from "./chain-failure.ts";
import { developmentKey } from "./development-keys.ts";
import { StakingError } from "./errors.ts";
import { decodeStakingEvents } from "./events.ts";
import { serviceNodeRegistryAbi } from "./gen/abi.ts";
import { exitNode, registerNodes, requestUnlock } from "./operator.ts";
import { readHoldings, readStakedNodes, readStakingFacts } from "./reads.ts";
import { mineBlocks, someNodes, startTestChain, type TestChain } from "./test-chain.ts";
import { approveCall, mintCall } from "./token.ts";
import { type Call, TransactionSender } from "./transaction-sender.ts";

const stake = 15_000n * 10n ** 18n;
let chain: TestChain;
before(async () => {
  chain = await startTestChain();
});
after(() => chain[Symbol.asyncDispose]());

const refused = (reason: string) => (error: unknown) =>
  error instanceof StakingError && error.code === "reverted" && error.reason === reason;

function register(operatorKey: Hex, nodes = someNodes(1)) {
  return registerNodes({ ...chain.target, operatorKey, nodes, minterKey: chain.minterKey });
}

function registerCall(nodeKey: Hex, signature: Hex): Call {
  const data = encodeFunctionData({
    abi: serviceNodeRegistryAbi,
    functionName: "register",
    args: [nodeKey, signature],
  });
  return { to: chain.target.contract, data };
}

/** Sends a bare call to the chain, past all the care that `registerNodes` takes. */
async function sendRaw(key: Hex, ...calls: Call[]): Promise<void> {
  await onChain("a raw call", async () => {
    const sender = await TransactionSender.open(openChain(chain.target.rpcUrl), key);
    for (const call of calls) await sender.send(call);
  });
}

test("the contract tells the parameters it was deployed with", async () => {
  const facts = await readStakingFacts(chain.target);
  assert.equal(facts.stakingRequirement, stake);
  assert.equal(facts.unlockDelayBlocks, 3);
  assert.equal(facts.finalityBlocks, 0);
  assert.equal(facts.token.toLowerCase(), chain.staking.token.toLowerCase());
  assert.equal(facts.deployedAt, chain.staking.height);
  assert.equal(facts.chainId, 31337);
});

test("a registration takes exactly the stake and leaves an event whose signature holds", async () => {
  const [node] = someNodes(1);
  assert.ok(node);
  const before = await readHoldings(chain.target);
  const [event] = await register(developmentKey(1), [node]);
  assert.ok(event);
  assert.equal(event.nodeKey, node.pubkey);
  assert.equal(event.stake, stake);
  const binding = { chainId: 31337, ...chain.target, operator: event.operator, nodeKey: event.nodeKey };
  assert.ok(verifyRegistration(binding, event.signature));
  const afterwards = await readHoldings(chain.target);
  assert.equal(afterwards.balance - before.balance, stake);
  assert.equal(afterwards.totalStaked - before.totalStaked, stake);
  const listed = (await readStakedNodes(chain.target)).find((each) => each.id === event.id);
  assert.equal(listed?.nodeKey, node.pubkey);
  assert.equal(listed?.operator, privateKeyToAccount(developmentKey(1)).address);
  assert.equal(listed?.registeredAt, event.height);
  assert.equal(listed?.unlockRequestedAt, 0n);
});

test("a registration without the allowance for the whole stake is refused", async () => {
  const key = developmentKey(2);
  const call = registerCall(`0x${randomBytes(32).toString("hex")}`, `0x${"01".repeat(64)}`);
  await assert.rejects(sendRaw(key, call), refused("ERC20InsufficientAllowance"));
  await sendRaw(key, approveCall(chain.staking.token, chain.target.contract, stake - 1n));
  await assert.rejects(sendRaw(key, call), refused("ERC20InsufficientAllowance"));
});

test("an operator that approved but does not hold the whole stake is refused", async () => {
  const key = developmentKey(3);
  const operator = privateKeyToAccount(key).address;
  await sendRaw(chain.minterKey, mintCall(chain.staking.token, operator, stake - 1n));
  const call = registerCall(`0x${randomBytes(32).toString("hex")}`, `0x${"01".repeat(64)}`);
  const approve = approveCall(chain.staking.token, chain.target.contract, stake);
  await assert.rejects(sendRaw(key, approve, call), refused("ERC20InsufficientBalance"));
  const attempt = registerNodes({ ...chain.target, operatorKey: key, nodes: someNodes(1) });
  await assert.rejects(attempt, (error) => error instanceof StakingError && error.code === "insufficient-funds");
});

test("a zero node key and a signature of another length are refused", async () => {
  const key = developmentKey(4);
  const zero = registerCall(`0x${"00".repeat(32)}`, `0x${"01".repeat(64)}`);
  await assert.rejects(sendRaw(key, zero), refused("InvalidNodeKey"));
  const short = registerCall(`0x${"02".repeat(32)}`, `0x${"01".repeat(63)}`);
  await assert.rejects(sendRaw(key, short), refused("InvalidSignatureLength"));
});

test("an operator registers a key once while it is active, and another operator may register the same key", async () => {
  const nodes = someNodes(1);
  await register(developmentKey(1), nodes);
  await assert.rejects(register(developmentKey(1), nodes), refused("AlreadyRegistered"));
  const [second] = await register(developmentKey(2), nodes);
  assert.equal(second?.nodeKey, nodes[0]?.pubkey);
});

test("a node leaves after the unlock delay with its whole stake, and its id is not used again", async () => {
  const operatorKey = developmentKey(5);
  const nodes = someNodes(1);
  const [event] = await register(operatorKey, nodes);
  assert.ok(event);
  const own = { ...chain.target, operatorKey, id: event.id };
  const stranger = { ...own, operatorKey: developmentKey(6) };
  await assert.rejects(exitNode(own), refused("UnlockNotRequested"));
  await assert.rejects(requestUnlock(stranger), refused("NotOperator"));
  const requestedAt = await requestUnlock(own);
  await assert.rejects(requestUnlock(own), refused("UnlockAlreadyRequested"));
  await assert.rejects(exitNode(own), refused("StillLocked"));
  await mineBlocks(chain.anvil, 3);
  await assert.rejects(exitNode(stranger), refused("NotOperator"));
  const before = await readHoldings(chain.target);
  const exitedAt = await exitNode(own);
  assert.ok(exitedAt >= requestedAt + 3n);
  assert.equal(before.balance - (await readHoldings(chain.target)).balance, stake);
  await assert.rejects(exitNode(own), refused("UnknownNode"));
  const [again] = await registerNodes({ ...chain.target, operatorKey, nodes });
  assert.ok(again && again.id > event.id);
});

test("the events of a whole life decode in the order of the chain, and the contract counts them", async () => {
  const operatorKey = developmentKey(7);
  const [event] = await register(operatorKey);
  assert.ok(event);
  const own = { ...chain.target, operatorKey, id: event.id };
  await requestUnlock(own);
  await mineBlocks(chain.anvil, 3);
  await exitNode(own);
  const client = createPublicClient({ transport: http(chain.anvil.url) });
  const events = decodeStakingEvents(await client.getLogs({ address: chain.target.contract, fromBlock: 0n }));
  const life = events.filter((each) => each.id === event.id).map((each) => each.kind);
  assert.deepEqual(life, ["registered", "unlock-requested", "exited"]);
  const registry = { abi: serviceNodeRegistryAbi, address: chain.target.contract } as const;
  assert.equal(await client.readContract({ ...registry, functionName: "eventCount" }), BigInt(events.length));
});

test("an address without the contract is told apart from an endpoint that is down", async () => {
  const nowhere = { rpcUrl: chain.anvil.url, contract: `0x${"42".repeat(20)}` as Hex };
  await assert.rejects(readStakingFacts(nowhere), (error) => (error as StakingError).code === "no-contract");
  const down = { rpcUrl: "http://127.0.0.1:9", contract: chain.target.contract };
  await assert.rejects(readStakingFacts(down), (error) => (error as StakingError).code === "unreachable");
});
