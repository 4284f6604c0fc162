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

/**
 * Puts a pod's Services (as kube-proxy does) and its NetworkPolicies (as an enforcing network does) into its own network.
 * Replaces what was there at once; connections that stand go on.
 */
export function applyRules(networkPid: number, rules: PodRules): void {
  const dnat = rules.routes.flatMap(({ ip, port, to }) =>
    to === undefined ? [] : [`ip daddr ${ip} tcp dport ${port} dnat to ${to.ip}:${to.port}`],
  );
  const established = "ct state established,related accept";
  const text = `
table ip pod { }
delete table ip pod
table ip pod {
  set blocked_out { type ipv4_addr . inet_service; }
  set blocked_in { type ipv4_addr . inet_service; }
  chain services { type nat hook output priority -100
    ${dnat.join("\n    ")}
  }
  chain out { type filter hook output priority 0
    oif lo accept
    ${established}
    ip daddr ${services} reject with tcp reset
    ${rules.egress.map(({ ip, port }) => `${ip === undefined ? "" : `ip daddr ${ip} `}tcp dport ${port} accept`).join("\n    ")}
    ip protocol tcp add @blocked_out { ip daddr . tcp dport }
    reject with tcp reset
  }
  chain in { type filter hook input priority 0
    iif lo accept
    ${established}
    ${rules.ingress.map(({ ip, port }) => `${ip === undefined ? "" : `ip saddr ${ip} `}tcp dport ${port} accept`).join("\n    ")}
    ip protocol tcp add @blocked_in { ip saddr . tcp dport }
    reject with tcp reset
  }
}`;
  inside(networkPid, text);
}

/** What a pod was refused since its rules were last applied: `→ ip:port` for its own connections, `← ip:port` for others'. */
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

function inside(networkPid: number, rules: string): void {
  command("nsenter", { input: rules }, `--net=/proc/${networkPid}/ns/net`, "nft", "--file", "-");
}
