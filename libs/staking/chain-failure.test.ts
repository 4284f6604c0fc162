import assert from "node:assert/strict";
import { test } from "node:test";
import { InsufficientFundsError, RpcRequestError, TransactionRejectedRpcError } from "viem";
import { onChain } from "./chain-failure.ts";

/** What an endpoint's refusal looks like by the time it is thrown: its innermost cause is the JSON of the answer. */
function refusal(message: string): Error {
  const error = { code: -32_003, message };
  return new TransactionRejectedRpcError(new RpcRequestError({ body: {}, error, url: "http://127.0.0.1:8545" }));
}

test("an endpoint's refusal is a coded error, whatever its causes are made of", async () => {
  const sending = onChain("sending", () => Promise.reject(refusal("nonce too low")));
  await assert.rejects(sending, { name: "StakingError", code: "unreachable" });
});

test("an account that can't pay for a transaction is told apart", async () => {
  const error = new InsufficientFundsError({ cause: refusal("insufficient funds") as never });
  const sending = onChain("sending", () => Promise.reject(error));
  await assert.rejects(sending, { name: "StakingError", code: "insufficient-funds" });
});
