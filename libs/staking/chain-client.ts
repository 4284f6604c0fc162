import { createPublicClient, http, type PublicClient } from "viem";

/** A JSON-RPC client of an EVM chain: batches what is asked in one tick and tries a failed request again. */
export function openChain(rpcUrl: string): PublicClient {
  const transport = http(rpcUrl, { batch: true, retryCount: 3, retryDelay: 100, timeout: 10_000 });
  return createPublicClient({ transport, pollingInterval: 100, cacheTime: 0 });
}
