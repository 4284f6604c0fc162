import { generateSeed, nodeKeysFromSeed, serverChannelKey, sign } from "@swarmpost/crypto";
import { buildOnion, parseOnionRequest } from "@swarmpost/onion";
import { ownCpu } from "./in-flight.ts";
import { storeRequest } from "./store-request.ts";

const LAYERS = 4;
const COUNT = 500;

/**
 * CPU of the crypto that no implementation of a 3-hop store can leave out, µs: the layers of three relays and of the
 * destination opened, the answer sealed once, and one signature of every member of the swarm.
 */
export async function storeCrypto(members: number): Promise<number> {
  const keys = nodeKeysFromSeed(generateSeed());
  const { secretKey, publicKey } = keys.x25519;
  const destination = { kind: "snode", pubkey: keys.pubkey, x25519: publicKey } as const;
  const onions = Array.from({ length: COUNT }, () =>
    parseOnionRequest(buildOnion({ path: [destination], destination }, storeRequest().json).body),
  );
  const answer = Buffer.alloc(2_000, "A");
  const signedText = Buffer.alloc(43, "h");
  const opened = () => {
    for (const { encType, ephemeralKey, ciphertext } of onions) {
      for (let layer = 0; layer < LAYERS; layer++) {
        const key = serverChannelKey(encType, secretKey, publicKey, ephemeralKey);
        key.open(ciphertext);
        if (layer === 0) key.seal(answer);
      }
      for (let member = 0; member < members; member++) sign(signedText, keys.ed25519.secretKey);
    }
  };
  return (await ownCpu(opened)) / COUNT;
}
