import { type Pubkey, pubkey } from "@swarmpost/crypto";
import type { Version } from "@swarmpost/proof";
import { z } from "zod";

/** A host and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A node of another cluster for the first contact. */
export interface PeerSeed extends Address {
  readonly pubkey: Pubkey;
}

/** Reads `host:port`, `[ipv6]:port`; undefined when it is neither. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]@\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** `host:port` again, with brackets around an IPv6 host. */
export function addressText({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseSeed(text: string): PeerSeed | undefined {
  const at = text.indexOf("@");
  const address = parseAddress(text.slice(at + 1));
  const key = text.slice(0, Math.max(at, 0));
  return address && /^[0-9a-fA-F]{64}$/.test(key) ? { pubkey: pubkey(key), ...address } : undefined;
}

function listOf<T>(what: string, parse: (item: string) => T | undefined) {
  return z.string().transform((text, context): T[] => {
    const items = text.split(",").map((item) => item.trim());
    const parsed = items.filter((item) => item !== "").map((item) => parse(item));
    const good = parsed.filter((item) => item !== undefined);
    if (good.length < parsed.length) context.addIssue({ code: "custom", message: `each must be ${what}` });
    return good;
  });
}

/** Comma separated `host:port`. */
export const addressList = listOf("host:port", parseAddress);

/** Comma separated `<ed25519 hex>@host:port`. */
export const peerSeedList = listOf("<64 hex digits>@host:port", parseSeed);

/** `major.minor.patch`. */
export const versionText = z.string().transform((text, context): Version => {
  const match = /^(\d{1,5})\.(\d{1,5})\.(\d{1,5})$/.exec(text);
  if (!match) context.addIssue({ code: "custom", message: "must be major.minor.patch" });
  return [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
});
