import { create } from "@bufbuild/protobuf";
import { type NodeKeys, nodeKeysFromSeed, type Pubkey, pubkey, pubkeyBytes } from "@swarmpost/crypto";
import { networkId, signProof, type SignedProof, type UptimeProof } from "@swarmpost/proof";
import {
  type ExchangeProofsRequest,
  ExchangeRequestSchema,
  type ExchangeResponse,
  NodeService,
  ProofService,
} from "@swarmpost/protos";
import { createClient, GrpcServer, implement, nodeCertificate, openChannel, RpcError } from "@swarmpost/rpc";
import type { Clock, ClusterTls } from "@swarmpost/runtime";

/** Who answers a peer link: the scripted relays of all clusters, by node key. */
export type PeerLinkTable = Map<Pubkey, ScriptedRelay>;

/** What a scripted relay works with. */
export interface ScriptedRelayParts {
  readonly clock: Clock;
  readonly table: PeerLinkTable;
  /** The certificate of its control gRPC; plain when absent. */
  readonly tls?: ClusterTls;
}

/** A relay whose readiness, contact and cluster a test writes; its peer links are calls to the other relay's test-suite. */
export class ScriptedRelay implements AsyncDisposable {
  readonly keys: NodeKeys;
  ready = true;
  /** While true its peer links reach nobody. */
  cutOff = false;
  /** Where its own cluster's test-suite is. */
  testSuite = "";
  signed = 0;
  exchanged = 0;
  contact: Omit<UptimeProof, "pubkey" | "time">;
  readonly #clock: Clock;
  readonly #table: PeerLinkTable;
  readonly #server: GrpcServer;

  private constructor(keys: NodeKeys, certificate: Buffer, parts: ScriptedRelayParts) {
    this.keys = keys;
    this.#clock = parts.clock;
    this.#table = parts.table;
    const ports = { httpsPort: 22_021, peerPort: 22_020, replicaPort: 22_022 };
    const network = networkId(31_337n, Buffer.alloc(20, 1));
    this.contact = { network, ip: "127.0.0.1", ...ports, certificate, version: [2, 11, 0] };
    this.#server = new GrpcServer({ host: "127.0.0.1", port: 0, graceMs: 50, tls: parts.tls });
    implement(this.#server, NodeService, {
      signProof: async () => {
        if (!this.ready) throw new RpcError("failed-precondition", "storage is not ready");
        this.signed += 1;
        return { signed: this.sign() };
      },
      signRegistration: async () => {
        throw new RpcError("unimplemented", "test-suite never asks for it");
      },
      exchangeProofs: (request) => this.#exchange(request),
    });
    parts.table.set(keys.pubkey, this);
  }

  static async start(index: number, parts: ScriptedRelayParts): Promise<ScriptedRelay> {
    const keys = nodeKeysFromSeed(Buffer.alloc(32, index));
    const relay = new ScriptedRelay(keys, await nodeCertificate(keys), parts);
    await relay.#server.listen();
    return relay;
  }

  get address(): { host: string; port: number } {
    const [host = "", port] = this.#server.address.split(":");
    return { host, port: Number(port) };
  }

  /** A proof of this moment, with what a test changes. */
  sign(change: Partial<UptimeProof> = {}): SignedProof & { proof: Buffer; signature: Buffer } {
    const time = BigInt(Math.floor(this.#clock.now() / 1_000));
    return signProof({ pubkey: this.keys.pubkey, time, ...this.contact, ...change }, this.keys);
  }

  async #exchange(request: ExchangeProofsRequest): Promise<Pick<ExchangeResponse, "proofs" | "want">> {
    const peer = this.#table.get(pubkey(request.peer));
    if (!peer || this.cutOff || peer.cutOff) throw new RpcError("unavailable", "the peer did not answer: unreachable");
    this.exchanged += 1;
    await using channel = openChannel(peer.testSuite);
    const { proofs, have } = request;
    const message = create(ExchangeRequestSchema, { peer: pubkeyBytes(this.keys.pubkey), proofs, have });
    const answer = await createClient(ProofService, channel).exchange(message);
    return { proofs: answer.proofs, want: answer.want };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#table.delete(this.keys.pubkey);
    await this.#server[Symbol.asyncDispose]();
  }
}
