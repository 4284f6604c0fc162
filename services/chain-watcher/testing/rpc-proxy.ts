import { createServer } from "node:http";
import { once } from "node:events";

interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params?: unknown;
}

/** An endpoint in front of another that may change its answers. */
export interface RpcProxy extends AsyncDisposable {
  readonly url: string;
  /** How often a method was asked for. */
  asked(method: string): number;
}

/** Answers what `lie` returns for a method, and passes on everything for which that is undefined. */
export async function startRpcProxy(target: string, lie: (method: string) => unknown): Promise<RpcProxy> {
  const counts = new Map<string, number>();
  const answer = async (request: RpcRequest): Promise<unknown> => {
    counts.set(request.method, (counts.get(request.method) ?? 0) + 1);
    const result = lie(request.method);
    if (result !== undefined) return { jsonrpc: "2.0", id: request.id, result };
    const headers = { "content-type": "application/json" };
    const passed = await fetch(target, { method: "POST", headers, body: JSON.stringify(request) });
    return await passed.json();
  };
  const server = createServer(async (incoming, outgoing) => {
    let text = "";
    for await (const chunk of incoming) text += String(chunk);
    try {
      const body = JSON.parse(text) as RpcRequest | RpcRequest[];
      const answers = Array.isArray(body) ? await Promise.all(body.map(answer)) : await answer(body);
      outgoing.setHeader("content-type", "application/json").end(JSON.stringify(answers));
    } catch {
      outgoing.writeHead(502).end();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: (method) => counts.get(method) ?? 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
