import { readFile } from "node:fs/promises";
import { pubkey } from "@swarmpost/crypto";
import { NodeService } from "@swarmpost/protos";
import { type ChannelOptions, createClient, openChannel } from "@swarmpost/rpc";
import { errorFields, type JobRuntime, retryForever } from "@swarmpost/runtime";
import type { SignedRegistration } from "@swarmpost/staking";
import type { RegisterConfig } from "./register-config.ts";

const RETRY = { minMs: 500, maxMs: 5_000 } as const;
const DEADLINE_MS = 5_000;

/** What a registration is for: chain, contract and the account that stakes, as `SignRegistration` takes them. */
export interface RegistrationFor {
  readonly chainId: number;
  readonly contract: string;
  readonly operator: string;
}

/** A node and its agreement. */
export interface AgreedNode extends SignedRegistration {
  readonly pod: string;
}

/** The certificate with which the relays know this job; none in a cluster without certificates. */
export async function channelOptions(config: RegisterConfig): Promise<ChannelOptions> {
  const { CLUSTER_CA_FILE: ca, CLUSTER_CERT_FILE: certificate, CLUSTER_KEY_FILE: key } = config;
  if (ca === undefined || certificate === undefined || key === undefined) return {};
  const [one, two, three] = await Promise.all([ca, certificate, key].map((file) => readFile(file, "utf8")));
  return { tls: { ca: one!, certificate: two!, key: three! } };
}

/** Asks every relay, all at once, for as long as they take to answer. Rejects when `signal` is aborted. */
export async function askRelays(
  relays: RegisterConfig["RELAYS"],
  what: RegistrationFor,
  options: ChannelOptions,
  { logger, signal }: Pick<JobRuntime, "logger" | "signal">,
): Promise<AgreedNode[]> {
  const request = {
    chainId: BigInt(what.chainId),
    contract: Buffer.from(what.contract.slice(2), "hex"),
    operator: Buffer.from(what.operator.slice(2), "hex"),
  };
  return await Promise.all(
    relays.map(async ([pod, address]) => {
      await using channel = openChannel(address, options);
      const client = createClient(NodeService, channel);
      const onFailure = (error: unknown, attempt: number): void =>
        logger.info("relay_away", { attempt, name: pod, ...errorFields(error) });
      const answer = await retryForever(signal, { ...RETRY, onFailure }, () =>
        client.signRegistration(request, { deadlineMs: DEADLINE_MS, signal }),
      );
      return { pod, nodeKey: pubkey(Buffer.from(answer.pubkey)), signature: answer.signature };
    }),
  );
}
