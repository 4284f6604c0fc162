import { generateSeed, nodeKeysFromSeed, serverChannelKey } from "@swarmpost/crypto";
import { type BuiltOnion, buildOnion, encodeHopFrame, type OnionRequest, parseOnionRequest } from "@swarmpost/onion";
import { Agent } from "undici";
import { inFlight, ownCpu } from "./in-flight.ts";
import type { BenchOptions } from "./options.ts";
import { cpuBetween, descendantsCpu, processCpu } from "./process-cpu.ts";
import { type RelayStage, startRelayStage } from "./relay-stage.ts";
import { Rounds, type Section } from "./report.ts";
import { storeRequest } from "./store-request.ts";

const DEPTH = 64;
const DESTINATION = nodeKeysFromSeed(generateSeed());

type Name = "crypto" | "middle" | "alone" | "guard" | "redis" | "perSecond";

/** Question 1: what a hop costs in the relay, against the bare crypto of that hop. */
export async function measureHop({ rounds, scale, services }: BenchOptions): Promise<Section> {
  await using stage = await startRelayStage(services);
  const agent = new Agent({ connect: { rejectUnauthorized: false }, connections: DEPTH });
  const count = Math.round(2_000 * scale);
  const results = new Rounds<Name>();
  try {
    await measureRound(stage, agent, count); // Until the code is compiled and the links are open.
    for (let round = 0; round < rounds; round++) results.add(await measureRound(stage, agent, count));
  } finally {
    await agent.destroy();
  }
  return {
    title: "1  A hop in the relay",
    ratios: [
      results.ratio("middle", "crypto", "a middle hop (frame in, frame out) : its bare crypto"),
      results.ratio("alone", "crypto", "a middle hop while no other is under way : its bare crypto"),
      results.ratio("guard", "crypto", "a guard hop (HTTPS in, frame out) : its bare crypto"),
    ],
    figures: [
      results.figure("crypto", "µs CPU", "bare crypto: X25519, key derivation, XChaCha20-Poly1305 open"),
      results.figure("middle", "µs CPU", "relay process, middle hop"),
      results.figure("alone", "µs CPU", "relay process, middle hop while no other is under way"),
      results.figure("guard", "µs CPU", "relay process, guard hop"),
      results.figure("redis", "µs CPU", "Redis for the replay filter, a hop"),
      results.figure("perSecond", "/s", "middle hops, with the load on the same machine"),
    ],
    counted: [
      `Counted: all CPU of one relay process (services/relay/main.ts): TLS, gRPC link, layer, replay filter, sending on, taking the answer back. ${DEPTH} in flight, so that frames share system calls and wake-ups; alone, a hop pays for all of them.`,
      "Not counted: the nodes before and behind it, which are this process, and Redis, which has a line of its own.",
      "The layers are those of a middle node in a 1 KiB store over 3 hops; the bare crypto opens the very same ones, in this process.",
    ],
  };
}

type HopRound = Record<Name, number>;

async function measureRound(stage: RelayStage, agent: Agent, count: number): Promise<HopRound> {
  const [viaPeer, viaHttps] = [onions(stage, count), onions(stage, count)];
  const single = onions(stage, Math.ceil(count / 5)).map(({ body }) => parseOnionRequest(body));
  const layers = viaPeer.map(({ body }) => parseOnionRequest(body));
  const crypto = (await ownCpu(() => openAll(stage, layers))) / count;
  const before = descendantsCpu();
  const middle = await sendFrames(stage, layers, DEPTH);
  const guardBefore = processCpu(stage.relay.pid);
  await inFlight(count, DEPTH, (index) => post(stage, agent, (viaHttps[index] as BuiltOnion).body));
  const guard = (processCpu(stage.relay.pid) - guardBefore) / count;
  const redis = cpuBetween(before, descendantsCpu(), ["redis-server"]) / (2 * count);
  const alone = await sendFrames(stage, single, 1);
  return { crypto, middle: middle.cpu, alone: alone.cpu, guard, redis, perSecond: count / middle.seconds };
}

async function sendFrames(stage: RelayStage, layers: readonly OnionRequest[], depth: number) {
  const frames = layers.map((layer) => encodeHopFrame({ ...layer, hopNo: 1 }));
  const before = processCpu(stage.relay.pid);
  const seconds = await inFlight(frames.length, depth, async (index) => {
    requireStatus((await stage.send(frames[index] as Buffer)).readUInt16LE());
  });
  return { seconds, cpu: (processCpu(stage.relay.pid) - before) / frames.length };
}

/** Onions whose outermost layer is for the relay, which sends on to the next node. */
function onions({ hop, next }: RelayStage, count: number): BuiltOnion[] {
  const destination = { kind: "snode", pubkey: DESTINATION.pubkey, x25519: DESTINATION.x25519.publicKey } as const;
  return Array.from({ length: count }, () => buildOnion({ path: [hop, next], destination }, storeRequest().json));
}

function openAll({ keys }: RelayStage, layers: readonly OnionRequest[]): void {
  const { secretKey, publicKey } = keys.x25519;
  for (const { encType, ephemeralKey, ciphertext } of layers) {
    const key = serverChannelKey(encType, secretKey, publicKey, ephemeralKey);
    if (key.open(ciphertext) === undefined) throw new TypeError("a layer does not open");
  }
}

async function post(stage: RelayStage, agent: Agent, body: Buffer): Promise<void> {
  const response = await agent.request({ origin: stage.url, path: "/onion_req/v2", method: "POST", body });
  await response.body.arrayBuffer();
  requireStatus(response.statusCode);
}

function requireStatus(status: number): void {
  if (status !== 200) throw new TypeError(`the relay answered ${status}`);
}
