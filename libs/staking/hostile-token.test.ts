import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Abi, encodeDeployData, encodeFunctionData, type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { openChain } from "./chain-client.ts";
import { onChain } from "./chain-failure.ts";
import { deployStaking } from "./deploy.ts";
import { developmentKey } from "./development-keys.ts";
import { StakingError } from "./errors.ts";
import { serviceNodeRegistryAbi } from "./gen/abi.ts";
import { readHoldings, readStakedNodes } from "./reads.ts";
import { compileSolidity } from "./solidity.ts";
import { startTestChain, type TestChain } from "./test-chain.ts";
import { approveCall } from "./token.ts";
import { TransactionSender } from "./transaction-sender.ts";

// A token that keeps a fee of each transfer, lies about a transfer, or calls back into the registry.
const source = `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

contract HostileToken is ERC20 {
    uint256 public mode;
    bytes public callback;

    constructor() ERC20("Hostile", "EVIL") { _mint(msg.sender, 1e30); }

    function behave(uint256 newMode, bytes calldata newCallback) external {
        mode = newMode;
        callback = newCallback;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (mode == 2) return true;
        if (mode == 3) {
            (bool ok, bytes memory why) = to.call(callback);
            if (!ok) assembly { revert(add(why, 32), mload(why)) }
        }
        return super.transferFrom(from, to, mode == 1 ? amount - 1 : amount);
    }
}`;

const key = developmentKey(1);
let chain: TestChain;
let token: { address: Hex; abi: Abi };
let target: { rpcUrl: string; contract: Hex };

before(async () => {
  chain = await startTestChain();
  const [compiled] = compileSolidity({ HostileToken: source }).contracts;
  assert.ok(compiled);
  const abi = compiled.abi as Abi;
  const sender = await TransactionSender.open(openChain(chain.anvil.url), key);
  const { contractAddress } = await sender.send({
    data: encodeDeployData({ abi, bytecode: compiled.bytecode as Hex }),
  });
  assert.ok(contractAddress);
  token = { address: contractAddress, abi };
  const parameters = { stakingRequirement: 1_000n, unlockDelayBlocks: 0, finalityBlocks: 0 };
  const staking = await deployStaking({ rpcUrl: chain.anvil.url, deployerKey: key, token: token.address, parameters });
  target = { rpcUrl: chain.anvil.url, contract: staking.contract };
});
after(() => chain[Symbol.asyncDispose]());

function registerData(node: number): Hex {
  const args = [`0x${node.toString(16).padStart(64, "0")}`, `0x${"01".repeat(64)}`] as const;
  return encodeFunctionData({ abi: serviceNodeRegistryAbi, functionName: "register", args });
}

/** Registers while the token behaves in the given mode. */
async function register(mode: number, callback: Hex = "0x"): Promise<void> {
  await onChain("a registration", async () => {
    const sender = await TransactionSender.open(openChain(chain.anvil.url), key);
    const behave = encodeFunctionData({ abi: token.abi, functionName: "behave", args: [BigInt(mode), callback] });
    await sender.sendAll([{ to: token.address, data: behave }, approveCall(token.address, target.contract, 10_000n)]);
    await sender.send({ to: target.contract, data: registerData(mode + 1) });
  });
}

const refused = (reason: string) => (error: unknown) => error instanceof StakingError && error.reason === reason;

test("a token that keeps a part of the stake, or moves nothing, registers nobody", async () => {
  await assert.rejects(register(1), refused("StakeNotReceived"));
  await assert.rejects(register(2), refused("StakeNotReceived"));
  assert.deepEqual(await readHoldings(target), { totalStaked: 0n, balance: 0n });
  assert.deepEqual(await readStakedNodes(target), []);
});

test("a token that calls back cannot register or exit in the middle of a registration", async () => {
  await assert.rejects(register(3, registerData(9)), refused("ReentrancyGuardReentrantCall"));
  const exit = encodeFunctionData({ abi: serviceNodeRegistryAbi, functionName: "exit", args: [1n] });
  await assert.rejects(register(3, exit), refused("ReentrancyGuardReentrantCall"));
  await register(0);
  assert.deepEqual(await readHoldings(target), { totalStaked: 1_000n, balance: 1_000n });
  const [node] = await readStakedNodes(target);
  assert.equal(node?.operator, privateKeyToAccount(key).address);
});

test("tokens that somebody just sends to the contract change nothing", async () => {
  const before = await readHoldings(target);
  const sender = await TransactionSender.open(openChain(chain.anvil.url), key);
  const args = [target.contract, 77n] as const;
  await sender.send({
    to: token.address,
    data: encodeFunctionData({ abi: token.abi, functionName: "transfer", args }),
  });
  const { totalStaked, balance } = await readHoldings(target);
  assert.equal(totalStaked, before.totalStaked);
  assert.equal(balance, before.balance + 77n);
});
