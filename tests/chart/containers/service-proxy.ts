import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";

/** Where a Service's port may lead now, as `ip` and port of pods. */
export type Endpoints = () => readonly { readonly ip: string; readonly port: number }[];

/** Stands in for kube-proxy: one port of a Service's address, each connection to the next of its pods. */
export async function proxyPort(ip: string, port: number, endpoints: Endpoints): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  let turn = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const all = endpoints();
    const target = all[turn++ % Math.max(all.length, 1)];
    if (target === undefined) return void client.resetAndDestroy(); // no pod: refused
    const upstream = connect({ host: target.ip, port: target.port, allowHalfOpen: true, noDelay: true });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await once(server.listen(port, ip), "listening");
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
