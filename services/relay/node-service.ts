import { fromBinary, toBinary, create } from "@bufbuild/protobuf";
import { type NodeKeys, type Pubkey, pubkey, pubkeyBytes } from "@swarmpost/crypto";
import type { NetworkView } from "@swarmpost/network-view";
import { type EvmAddress, signProof, signRegistration } from "@swarmpost/proof";
import {
  ExchangeRequestSchema,
  ExchangeResponseSchema,
  type ExchangeProofsRequest,
  type ExchangeResponse,
  type NodeService,
} from "@swarmpost/protos";
import { type Handlers, LinkError, type PeerLinks, RpcError } from "@swarmpost/rpc";
import type { Clock } from "@swarmpost/runtime";
import { MAX_EXCHANGE_BYTES, PEER_KIND } from "./peer-kind.ts";
import type { Readiness } from "./readiness.ts";

const EXCHANGE_TIMEOUT_MS = 10_000;
/** Told as the version in proofs: the Session storage server whose behaviour this is. */
const VERSION: [number, number, number] = [2, 11, 0];

/** Where this node answers, as its proof says. */
export interface OwnContact {
  /** Undefined while the address is not known. */
  readonly ip: string | undefined;
  readonly httpsPort: number;
  readonly peerPort: number;
  readonly replicaPort: number;
  readonly certificate: Buffer;
}

/** What the service for the own cluster needs. */
export interface NodeServiceParts {
  readonly keys: NodeKeys;
  /** Asked when signing: ports are known only once they are open. */
  readonly contact: () => OwnContact;
  readonly readiness: Pick<Readiness, "reason">;
  readonly view: () => Pick<NetworkView, "networkId">;
  readonly links: Pick<PeerLinks, "request" | "requestAt">;
  readonly clock: Clock;
}

/** What this relay does for its own cluster: it signs typed statements and carries proofs to other nodes. */
export function nodeService(parts: NodeServiceParts): Handlers<typeof NodeService> {
  return {
    signProof: async () => {
      const reason = parts.readiness.reason();
      if (reason !== undefined) throw new RpcError("failed-precondition", reason);
      const network = parts.view().networkId;
      if (!network) throw new RpcError("failed-precondition", "the chain is not known yet");
      const time = BigInt(Math.floor(parts.clock.now() / 1_000));
      const { ip, ...contact } = parts.contact();
      if (ip === undefined) throw new RpcError("failed-precondition", "the public address is not known yet");
      const proof = { pubkey: parts.keys.pubkey, network, ip, ...contact, version: VERSION, time };
      return { signed: signProof(proof, parts.keys) };
    },
    signRegistration: async ({ chainId, contract, operator }) => {
      const binding = { chainId, contract: readEvmAddress(contract), operator: readEvmAddress(operator) };
      return { pubkey: pubkeyBytes(parts.keys.pubkey), signature: signRegistration(parts.keys, binding) };
    },
    exchangeProofs: async (request) => {
      const { proofs, want } = await exchange(parts.links, request);
      return { proofs, want };
    },
  };
}

async function exchange(links: NodeServiceParts["links"], request: ExchangeProofsRequest): Promise<ExchangeResponse> {
  const peer = readPeer(request.peer);
  const { proofs, have } = request;
  const payload = toBinary(ExchangeRequestSchema, create(ExchangeRequestSchema, { proofs, have }));
  const options = { deadlineMs: EXCHANGE_TIMEOUT_MS };
  try {
    const answer =
      request.address === ""
        ? await links.request(peer, PEER_KIND.proofs, payload, options)
        : await links.requestAt({ pubkey: peer, ...readAddress(request.address) }, PEER_KIND.proofs, payload, options);
    if (answer.length > MAX_EXCHANGE_BYTES) throw new RpcError("unavailable", "the peer's answer is too long");
    return fromBinary(ExchangeResponseSchema, answer);
  } catch (cause) {
    if (cause instanceof RpcError) throw cause;
    const text =
      cause instanceof LinkError ? `the peer did not answer: ${cause.code}` : "the peer's answer is unreadable";
    throw new RpcError("unavailable", text, { cause });
  }
}

function readPeer(bytes: Uint8Array): Pubkey {
  if (bytes.length !== 32) throw new RpcError("invalid-argument", "peer must have 32 bytes");
  return pubkey(bytes);
}

function readEvmAddress(bytes: Uint8Array): EvmAddress {
  if (bytes.length !== 20) throw new RpcError("invalid-argument", "an EVM address has 20 bytes");
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

function readAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  const port = Number(address.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RpcError("invalid-argument", "address must be host:port");
  }
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port };
}
