import { type ConfigOf, configTypes, defineConfig } from "@swarmpost/runtime";

const { integer, text } = configTypes;

/** Rows of the services of which one pod works at a time; see `elected`. */
export const electionConfig = defineConfig({
  LEASE_NAME: {
    schema: text.optional(),
    doc: "Name of the Lease that decides which pod of this service works; the others stand by. Without it there is no election.",
  },
  POD_NAMESPACE: { schema: text.optional(), doc: "Namespace of the own pod. Needed with LEASE_NAME." },
  POD_NAME: { schema: text.optional(), doc: "Name of the own pod. Needed with LEASE_NAME." },
  LEASE_DURATION_MS: {
    schema: integer(1_000, 3_600_000),
    doc: "Milliseconds after which a standby takes a Lease that is not renewed; counted in whole seconds.",
    default: 15_000,
  },
  LEASE_RENEW_MS: {
    schema: integer(100, 3_600_000),
    doc: "Milliseconds after which a leader that could not renew the Lease ends; less than LEASE_DURATION_MS.",
    default: 10_000,
  },
  LEASE_RETRY_MS: {
    schema: integer(50, 600_000),
    doc: "Milliseconds between two attempts to take or renew the Lease; less than half of LEASE_RENEW_MS.",
    default: 2_000,
  },
  LEASE_START_MS: {
    schema: integer(100, 86_400_000),
    doc: "Milliseconds after which a leader that still waits for what its service needs ends, so that another pod tries. Not less than Kubernetes' longest pause between restarts (5 minutes), so that one pod always stands by.",
    default: 300_000,
  },
});

/** The settings as parsed. */
export type ElectionConfig = ConfigOf<typeof electionConfig>;

/** What an election needs; undefined when there is to be none. */
export interface Election {
  readonly lease: string;
  readonly namespace: string;
  readonly pod: string;
}
