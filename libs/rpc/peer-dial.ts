import { once } from "node:events";
import { connect, createSecureContext } from "node:tls";
import { Client, credentials } from "@grpc/grpc-js";
import { certificatePubkey, type Pubkey } from "@swarmpost/crypto";
import { type Connection, LINK_CLIENT_OPTIONS, openStream } from "./connection.ts";
import { MAX_MESSAGE_BYTES } from "./frame.ts";
import { joinAddress } from "./grpc-server.ts";
import { pem } from "./https-certificate.ts";
import { LinkError } from "./link-error.ts";
import { nodeKeyPem } from "./node-certificate.ts";
import type { PeerIdentity } from "./peer-identity.ts";

/** Name sent in TLS and HTTP/2 instead of the peer's address; nobody checks it. */
const SERVER_NAME = "node.swarmpost.internal";

/** A peer to connect to: the key it must prove and, when its proof told it, the certificate it must show. */
export interface PeerTarget {
  pubkey: Pubkey;
  host: string;
  port: number;
  /** DER. Without it the first contact reads it from the peer, and accepts it only on the key. */
  certificate?: Buffer;
}

/** Connects to a peer and opens the link stream. Rejects with LinkError "unreachable", a wrong key included. */
export async function dialPeer(identity: PeerIdentity, target: PeerTarget, signal: AbortSignal): Promise<Connection> {
  const certificate = target.certificate ?? (await peekCertificate(identity, target, signal));
  if (certificatePubkey(certificate) !== target.pubkey)
    throw new LinkError("unreachable", "certificate on another key");
  const context = createSecureContext({
    ca: pem("CERTIFICATE", certificate),
    key: nodeKeyPem(identity.keys),
    cert: pem("CERTIFICATE", identity.certificate),
    minVersion: "TLSv1.3",
  });
  const secure = credentials.createFromSecureContext(context, {
    checkServerIdentity: (_host, shown) =>
      certificatePubkey(shown.raw) === target.pubkey ? undefined : new Error("certificate on another key"),
  });
  const client = new Client(joinAddress(target.host, target.port), secure, {
    ...LINK_CLIENT_OPTIONS,
    "grpc.ssl_target_name_override": SERVER_NAME,
    "grpc.default_authority": SERVER_NAME,
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  return openStream(client, signal);
}

/** First contact: a TLS connection only to read the peer's certificate. The caller checks its key. */
async function peekCertificate(identity: PeerIdentity, target: PeerTarget, signal: AbortSignal): Promise<Buffer> {
  const socket = connect({
    host: target.host,
    port: target.port,
    servername: SERVER_NAME,
    key: nodeKeyPem(identity.keys),
    cert: pem("CERTIFICATE", identity.certificate),
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
    ALPNProtocols: ["h2"],
  });
  try {
    await once(socket, "secureConnect", { signal });
    const { raw } = socket.getPeerCertificate();
    if (!raw) throw new LinkError("unreachable", "the peer showed no certificate");
    return raw;
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw new LinkError("unreachable", "no connection", { cause: error });
  } finally {
    socket.on("error", () => {});
    socket.destroy();
  }
}
