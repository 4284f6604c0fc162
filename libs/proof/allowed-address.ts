import { parseIpv4 } from "./ipv4.ts";

/**
 * Which addresses a network believes: "public" for networks on the internet, "private" for those of one site and for
 * development, where loopback and RFC 1918 addresses count too.
 */
export type AddressPolicy = "public" | "private";

/** Subnets no network believes: this host, link-local, multicast, reserved and broadcast. */
const never = ["0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"].map(subnet);

/** Subnets that mean something only within one site: RFC 1918, loopback and RFC 6598 (carrier-grade NAT). */
const site = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10"].map(subnet);

function subnet(text: string): (address: number) => boolean {
  const [net = "", prefix = ""] = text.split("/");
  const size = 2 ** (32 - Number(prefix));
  const base = parseIpv4(net) ?? 0;
  return (address) => address >= base && address < base + size;
}

/** The rule of a network for the dotted IPv4 address in a proof. */
export function allowedAddress(policy: AddressPolicy): (ip: string) => boolean {
  const refused = policy === "public" ? [...never, ...site] : never;
  return (ip) => {
    const address = parseIpv4(ip);
    return address !== undefined && !refused.some((holds) => holds(address));
  };
}
