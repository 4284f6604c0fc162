import { ReleaseError } from "./errors.ts";

/** One JSON-RPC call of a development chain. @throws ReleaseError `chain` when it does not answer or refuses */
export async function callChain<T>(url: string, method: string, params: readonly unknown[] = []): Promise<T> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = (await response.json()) as { result?: T; error?: { message?: string } };
    if (answer.error !== undefined) throw new Error(answer.error.message ?? "it refused");
    return answer.result as T;
  } catch (cause) {
    throw new ReleaseError("chain", `${method}: ${(cause as Error).message}`, { cause });
  }
}
