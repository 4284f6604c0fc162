import { test } from "node:test";
import { nodeKeysFromSeed } from "@swarmpost/crypto";
import {
  allowedAddress,
  decodeProof,
  encodeProof,
  networkId,
  signProof,
  type UptimeProof,
  verifyProof,
} from "@swarmpost/proof";
import { nodeCertificate } from "@swarmpost/rpc";
import { fuzz } from "@swarmpost/testkit";

const keys = nodeKeysFromSeed(Buffer.alloc(32, 1));
const nowMs = 1_700_000_000_000;
const documented = () => false;

async function sample(): Promise<UptimeProof> {
  return {
    pubkey: keys.pubkey,
    network: networkId(1n, Buffer.alloc(20, 5)),
    ip: "203.0.113.7",
    httpsPort: 22_021,
    peerPort: 22_020,
    replicaPort: 22_022,
    certificate: await nodeCertificate(keys),
    version: [2, 11, 0],
    time: BigInt(nowMs / 1_000),
  };
}

test("an uptime proof may hold any bytes", async () => {
  await fuzz({ corpus: [encodeProof(await sample())], parse: decodeProof, documented });
});

test("a signed proof of any bytes gets a verdict", async () => {
  const proof = await sample();
  const { signature } = signProof(proof, keys);
  const rules = {
    nowMs,
    network: proof.network,
    registered: () => true,
    allowedAddress: allowedAddress("public"),
    previous: () => undefined,
    minimumVersion: [2, 11, 0] as const,
  };
  await fuzz({
    corpus: [encodeProof(proof)],
    parse: (input) => verifyProof({ proof: input, signature }, rules),
    documented,
  });
});
