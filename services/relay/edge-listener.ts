import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import type { Socket } from "node:net";
import type { HttpsCertificate } from "@swarmpost/rpc";
import { ConnectionLimit } from "./connection-limit.ts";

/** What bounds the connections of one port for clients. */
export interface EdgeListenerOptions {
  /** Certificate and key in PEM; plain HTTP without. */
  readonly tls: HttpsCertificate | undefined;
  /** A client must have sent its whole request within this time. */
  readonly bodyTimeoutMs: number;
  /** Connections at once, one address a quarter of them; more are closed as they come. */
  readonly maxConnections: number;
}

/** A server that is not bound yet, and every connection that it has accepted, those in the middle of their handshake included. */
export interface EdgeListener {
  readonly server: Server;
  readonly accepted: ReadonlySet<Socket>;
}

/** Makes the server of one port for clients: who sends slowly, keeps a connection idle or opens too many is cut off. */
export function edgeListener(options: EdgeListenerOptions, take: RequestListener): EdgeListener {
  const limits = {
    headersTimeout: Math.min(10_000, options.bodyTimeoutMs),
    requestTimeout: options.bodyTimeoutMs,
    keepAliveTimeout: 60_000,
    connectionsCheckingInterval: 1_000,
  };
  const { tls } = options;
  const server: Server = tls
    ? createServer({ ...limits, ...tls, handshakeTimeout: 10_000 })
    : createPlainServer(limits);
  server.on("request", take);
  // Without this listener Node would say "100 Continue" before the length is checked.
  server.on("checkContinue", take);
  server.maxConnections = options.maxConnections;
  // Each answer of a pipeline watches its connection.
  server.on(tls ? "secureConnection" : "connection", (socket: Socket) => socket.setMaxListeners(0));
  server.on("tlsClientError", (_error: Error, socket: Socket) => socket.destroy());
  return { server, accepted: acceptedBy(server, new ConnectionLimit(options.maxConnections)) };
}

function acceptedBy(server: Server, limit: ConnectionLimit): ReadonlySet<Socket> {
  const accepted = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    if (!limit.admit(socket)) {
      socket.destroy();
      return;
    }
    accepted.add(socket);
    socket.once("close", () => accepted.delete(socket));
  });
  return accepted;
}
