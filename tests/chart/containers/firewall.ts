import { command } from "./command.ts";

/** Where connections to a Service's address and port end up; undefined while the Service has no pod. */
export interface Route {
  readonly ip: string;
  readonly port: number;
  readonly to: { readonly ip: string; readonly port: number } | undefined;
}

/** One end of an allowed connection: an address, or any. */
export interface Allowed {
  readonly ip: string | undefined;
  readonly port: number;
}

/** All that one pod's network is told. */
export interface PodRules {
  readonly routes: readonly Route[];
  /** What the pod may connect to, after routing. */
  readonly egress: readonly Allowed[];
  /** Who may connect to its ports. */
  readonly ingress: readonly Allowed[];
}

/** Addresses of Services are nobody's own. */
const services = "10.96.0.0/16";

/** Made once; what was blocked stays known when the rules change. */
const tables = `
table ip pod {
  set blocked_out { type ipv4_addr . inet_service; flags dynamic; }
  set blocked_in { type ipv4_addr . inet_service; flags dynamic; }
  chain services { type nat hook output priority -100; }
  chain out { type filter hook output priority 0; }
  chain in { type filter hook input priority 0; }
}`;

/**
 * Puts a pod's Services (as kube-proxy does) and its NetworkPolicies (as an enforcing network does) into its own network.
 * Replaces what was there at once; connections that stand go on.
 */
export function applyRules(networkPid: number, rules: PodRules): void {
  const dnat = rules.routes.flatMap(({ ip, port, to }) =>
    to === undefined ? [] : [`ip daddr ${ip} tcp dport ${port} dnat to ${to.ip}:${to.port}`],
  );
  const established = "ct state established,related accept";
  const pass = (side: string, allowed: readonly Allowed[]): string[] =>
    allowed.map(({ ip, port }) => `${ip === undefined ? "" : `ip ${side} ${ip} `}tcp dport ${port} accept`);
  const chain = (name: string, lines: readonly string[]): string[] => [
    `flush chain ip pod ${name}`,
    ...lines.map((line) => `add rule ip pod ${name} ${line}`),
  ];
  const blocked = (side: string, set: string): string[] => [
    `ip protocol tcp add @${set} { ip ${side} . tcp dport }`,
    "reject with tcp reset",
  ];
  const text = [
    tables,
    ...chain("services", dnat),
    ...chain("out", [
      "oif lo accept",
      established,
      `ip daddr ${services} reject with tcp reset`,
      ...pass("daddr", rules.egress),
      ...blocked("daddr", "blocked_out"),
    ]),
    ...chain("in", ["iif lo accept", established, ...pass("saddr", rules.ingress), ...blocked("saddr", "blocked_in")]),
  ];
  command("nsenter", { input: `${text.join("\n")}\n` }, `--net=/proc/${networkPid}/ns/net`, "nft", "--file", "-");
}

/** What a pod was refused so far: `→ ip:port` for its own connections, `← ip:port` for others'. */
export function blockedConnections(networkPid: number): readonly string[] {
  const listed = command("nsenter", `--net=/proc/${networkPid}/ns/net`, "nft", "--json", "list", "table", "ip", "pod");
  const { nftables } = JSON.parse(listed) as {
    nftables: { set?: { name: string; elem?: { concat: [string, number] }[] } }[];
  };
  return nftables.flatMap(({ set }) => {
    const arrow = { blocked_out: "→", blocked_in: "←" }[set?.name ?? ""];
    return (set?.elem ?? []).map(({ concat: [ip, port] }) => `${arrow} ${ip}:${port}`);
  });
}
