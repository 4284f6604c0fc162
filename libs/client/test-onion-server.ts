import { serverChannelKey, type ExchangeKeyPair, x25519KeyPair } from "@swarmpost/crypto";
import {
  decodeV4Request,
  encodeV4Response,
  parseOnionRequest,
  type V4Request,
  type V4Response,
} from "@swarmpost/onion";
import type { ServerPlace } from "./server-requests.ts";
import type { TestNetwork } from "./test-network.ts";

/** What a double of a server answers; undefined closes the connection at the exit. */
export type Serve = (request: V4Request) => Partial<V4Response> | undefined;

/** Puts a server behind the exits of a scripted network that takes onion v4 requests. */
export function startOnionServer(network: TestNetwork, host: string, serve: Serve): ServerPlace {
  const keys: ExchangeKeyPair = x25519KeyPair();
  network.servers.set(host, async (posted, target) => {
    const { encType, ephemeralKey, ciphertext } = parseOnionRequest(posted);
    const key = serverChannelKey(encType, keys.secretKey, keys.publicKey, ephemeralKey);
    const opened = key.open(ciphertext);
    if (opened === undefined || target !== "/oxen/v4/lsrpc") return [400, "Bad Request"];
    const answer = serve(decodeV4Request(opened));
    if (answer === undefined) return [502, "connection closed"];
    return [200, key.seal(encodeV4Response({ code: 200, headers: {}, body: Buffer.alloc(0), ...answer }))];
  });
  return { url: `http://${host}`, pubkey: keys.publicKey.toString("hex") };
}

/** A double of the file server: keeps files in memory, by number. */
export function fileServer(files: Map<string, Buffer>): Serve {
  const json = (value: object): Partial<V4Response> => ({ body: Buffer.from(JSON.stringify(value)) });
  return ({ method, endpoint, body }) => {
    const [, id, action] = /^\/file\/([^/]+)(?:\/(\w+))?$/.exec(endpoint) ?? [];
    if (method === "POST" && endpoint === "/file") {
      const made = String(files.size + 1);
      files.set(made, body ?? Buffer.alloc(0));
      return json({ id: made, uploaded: 1_800_000_000.5, expires: 1_801_209_600.5 });
    }
    const file = files.get(id ?? "");
    if (file === undefined) return { code: 404 };
    if (action !== undefined) return json({ size: file.length, uploaded: 1_800_000_000, expires: 1_900_000_000 });
    return { body: file };
  };
}
