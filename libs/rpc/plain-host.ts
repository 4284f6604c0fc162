import { BlockList, isIP } from "node:net";
import { RpcError } from "./rpc-error.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

/**
 * Whoever can connect to a port without TLS is believed, and whoever stands between reads it: it is opened on loopback only.
 * @throws RpcError `failed-precondition` for any other host, names but `localhost` included
 */
export function requireLoopback(host: string): void {
  const family = isIP(host);
  const local = family === 0 ? host === "localhost" : loopback.check(host, family === 4 ? "ipv4" : "ipv6");
  if (local) return;
  throw new RpcError(
    "failed-precondition",
    "gRPC without TLS is served on a loopback address only: another one needs CLUSTER_CA_FILE, CLUSTER_CERT_FILE and CLUSTER_KEY_FILE",
  );
}
