import { isIPv4 } from "node:net";
import { type ConfigOf, configTypes, defineConfig, nodeConfig, serverConfig, sharedConfig } from "@swarmpost/runtime";
import { z } from "zod";

const { text, port, integer } = configTypes;
const ipv4 = z.string().refine((value) => isIPv4(value), { message: "must be a dotted IPv4 address" });

/** Configuration of the relay: the public edge of one service node. */
export const relayConfig = defineConfig({
  ...nodeConfig,
  PUBLIC_IP: {
    schema: ipv4.optional(),
    doc: "Public IPv4 address of the node, as its uptime proof says. Exactly one of this and the next two.",
  },
  PUBLIC_HOST: {
    schema: text.optional(),
    doc: "DNS name whose IPv4 address is published instead; looked up again every 30 seconds.",
  },
  PUBLIC_SERVICE: {
    schema: text.optional(),
    doc: "Kubernetes Service in POD_NAMESPACE whose load balancer's address is published instead.",
  },
  POD_NAMESPACE: { schema: text.optional(), doc: "Namespace of PUBLIC_SERVICE." },
  PUBLIC_HTTPS_PORT: {
    schema: port,
    doc: "Port for clients as it is published; 0 is the one that is bound.",
    default: 0,
  },
  PUBLIC_PEER_PORT: { schema: port, doc: "The same for other nodes' relays.", default: 0 },
  PUBLIC_REPLICA_PORT: { schema: port, doc: "The same for the storages of the swarm; 0 is REPLICA_PORT.", default: 0 },
  HOST: { schema: text, doc: "Address on which the client and peer ports are served.", default: "0.0.0.0" },
  HTTPS_PORT: { schema: port, doc: "Port for clients (HTTPS); 0 takes any free one.", default: 22_021 },
  PEER_PORT: { schema: port, doc: "Port for other nodes' relays; 0 takes any free one.", default: 22_020 },
  REPLICA_PORT: {
    schema: port,
    doc: "Port of this node's storage for its swarm; only told in the proof.",
    default: 22_022,
  },
  SEED_HTTP_PORT: {
    schema: port.optional(),
    doc: "Port on which questions for the node list, and nothing else, are answered in the clear (plain HTTP), for Session clients whose seeds are http:// URLs; 0 takes any free one. Without it there is no such port.",
  },
  HTTPS_CERT_FILE: {
    schema: text.optional(),
    doc: "PEM certificate of the client port. Without one a self-signed P-256 certificate is made at each start.",
  },
  HTTPS_KEY_FILE: { schema: text.optional(), doc: "PEM private key that belongs to HTTPS_CERT_FILE." },
  STORAGE_ADDRESS: { schema: text, doc: "host:port of this node's storage (local link).", default: "127.0.0.1:22030" },
  ...serverConfig,
  REDIS_URL: sharedConfig.REDIS_URL,
  DOPPELGANGER_WAIT_MS: {
    schema: integer(0),
    doc: "How long after its start this node bears another process that answers with its key at its published address, such as a pod that is being stopped. Then it refuses to start.",
    default: 60_000,
  },
  DOPPELGANGER_CHECK_MS: {
    schema: integer(100),
    doc: "How often it looks for one later, besides when its published address changes. While one is found this node is not ready.",
    default: 120_000,
  },
  REPLAY_WINDOW_MS: {
    schema: integer(1_000),
    doc: "How long an onion layer is remembered, so that the same one is refused.",
    default: 3_600_000,
  },
  RATE_CLIENT_BURST: {
    schema: integer(1),
    doc: "Direct requests that one client address may make at once.",
    default: 600,
  },
  RATE_CLIENT_PER_SECOND: {
    schema: integer(1),
    doc: "Direct requests a second that one client address may make.",
    default: 300,
  },
  RATE_SEED_BURST: {
    schema: integer(1),
    doc: "Questions for the node list that one client address may ask at once.",
    default: 30,
  },
  RATE_SEED_PER_SECOND: {
    schema: integer(1),
    doc: "Questions for the node list a second that one client address may ask.",
    default: 10,
  },
  RATE_NODE_BURST: { schema: integer(1), doc: "Onion requests that one other node may forward at once.", default: 600 },
  RATE_NODE_PER_SECOND: {
    schema: integer(1),
    doc: "Onion requests a second that one other node may forward.",
    default: 600,
  },
  EXIT_HOSTS: {
    schema: z.string(),
    doc: "Servers that onions may leave to: `public` (all) or a list of hosts and host:port. What they resolve to must be a public address.",
    default: "public",
  },
  EXIT_ALIASES: {
    schema: z.string(),
    doc: "Where requests to some servers go instead, whatever address that is: `host=http://host:port` or `host:port=…`, separated by commas. How onions reach a file server inside the cluster.",
    default: "",
  },
  EXIT_DENIED_RANGES: {
    schema: z.string(),
    doc: "Public addresses that onions may not reach, as CIDRs: those of the cluster, where it uses such ones.",
    default: "",
  },
  MAX_REQUESTS: {
    schema: integer(1),
    doc: "Requests of clients under way at once, those that wait for messages included, one address a quarter of them; more are told that the server is busy.",
    default: 4_000,
  },
  MAX_BUFFERED_BYTES: {
    schema: integer(1_048_576),
    doc: "Bytes of clients' requests and answers held at once, one address a quarter of them; more are told that the server is busy.",
    default: 268_435_456,
  },
  MAX_UNFINISHED_BODIES: {
    schema: integer(1),
    doc: "Requests that one client address may be in the middle of sending; more are told that the server is busy.",
    default: 32,
  },
  MAX_PEER_REQUESTS: {
    schema: integer(1),
    doc: "Onion requests of other nodes under way at once, those that wait for messages included; more are told that the server is busy.",
    default: 12_000,
  },
  MAX_PEER_BUFFERED_BYTES: {
    schema: integer(1_048_576),
    doc: "Bytes of other nodes' onion requests held at once; more are told that the server is busy.",
    default: 268_435_456,
  },
  MAX_EXITS: {
    schema: integer(1),
    doc: "Requests to servers outside under way at once; more are told that the server is busy.",
    default: 200,
  },
  MAX_EXITS_PER_HOST: { schema: integer(1), doc: "The same for one server outside.", default: 20 },
  MAX_EXIT_BUFFERED_BYTES: {
    schema: integer(1_048_576),
    doc: "Bytes of answers of servers outside held while they come in.",
    default: 134_217_728,
  },
  BODY_TIMEOUT_MS: {
    schema: integer(100),
    doc: "A client must have sent its whole request within this time.",
    default: 30_000,
  },
  ANSWER_TIMEOUT_MS: {
    schema: integer(100),
    doc: "A client that takes nothing of its answer for this long is cut off.",
    default: 30_000,
  },
  MAX_CONNECTIONS: {
    schema: integer(1),
    doc: "Connections of clients to one port at once, one address a quarter of them; more are closed as they come.",
    default: 10_000,
  },
  HOP_TIMEOUT_MS: {
    schema: integer(100),
    doc: "Wait for the answer of the next node, in all: each node on a path gives the next a little less than it has itself.",
    default: 30_000,
  },
  EXIT_TIMEOUT_MS: { schema: integer(100), doc: "Wait for the answer of a server outside.", default: 25_000 },
});

/** The values of {@link relayConfig}. */
export type RelayConfig = ConfigOf<typeof relayConfig>;
