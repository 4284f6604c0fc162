import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Health } from "./health.ts";
import type { Metrics } from "./metrics.ts";

/** A running admin server. */
export interface AdminServer extends AsyncDisposable {
  readonly port: number;
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}

async function answer(path: string, response: ServerResponse, health: Health, metrics: Metrics): Promise<void> {
  switch (path) {
    case "/livez":
      return send(response, 200, "text/plain; charset=utf-8", "ok\n");
    case "/readyz": {
      const reasons = health.reasons();
      const body = reasons.length === 0 ? "ready\n" : `${reasons.join("\n")}\n`;
      return send(response, reasons.length === 0 ? 200 : 503, "text/plain; charset=utf-8", body);
    }
    case "/metrics":
      return send(response, 200, "text/plain; version=0.0.4; charset=utf-8", await metrics.render());
    default:
      return send(response, 404, "text/plain; charset=utf-8", "not found\n");
  }
}

/** Serves `/livez` (the process answers), `/readyz` (200, or 503 with one reason a line) and `/metrics`. */
export async function startAdminServer(
  address: { host: string; port: number },
  parts: { health: Health; metrics: Metrics },
): Promise<AdminServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    answer(path, response, parts.health, parts.metrics).catch(() => {
      if (!response.headersSent) send(response, 500, "text/plain; charset=utf-8", "internal error\n");
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
