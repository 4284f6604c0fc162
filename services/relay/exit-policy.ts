import { BlockList, isIP } from "node:net";
import { isAllowedTarget, type ServerLayer } from "@swarmpost/onion";
import { isPublicAddress } from "./exit-address.ts";
import { RelayError } from "./relay-error.ts";

/** Where an onion may leave to. */
export interface ExitDecision {
  readonly url: URL;
  /** The operator has it go to a server of the cluster's own, by an alias; any other must have a public address. */
  readonly aliased: boolean;
}

/** What the operator says about exits, as the settings give it. */
export interface ExitSettings {
  /** `EXIT_HOSTS`: `public`, `host`, `host:port`, separated by commas. */
  readonly hosts: string;
  /** `EXIT_ALIASES`: `host=origin` or `host:port=origin`, separated by commas; an origin is `http(s)://host[:port]`. */
  readonly aliases: string;
  /** `EXIT_DENIED_RANGES`: CIDRs, separated by commas. */
  readonly deniedRanges: string;
}

/**
 * Decides which servers onions may leave to. Names are allowed here; what they resolve to is judged by
 * {@link ExitPolicy.allowsAddress} when connecting. Only an alias leads to an address that is not public.
 */
export class ExitPolicy {
  readonly #public: boolean;
  readonly #listed: ReadonlySet<string>;
  readonly #aliases: ReadonlyMap<string, string>;
  readonly #denied: BlockList;

  /** @throws RelayError `bad-config` when a setting can't be read. */
  constructor({ hosts, aliases, deniedRanges }: ExitSettings) {
    const listed = entriesOf(hosts);
    if (!listed.every((entry) => HOST.test(entry))) throw badConfig("EXIT_HOSTS: an entry is not host or host:port");
    this.#public = listed.includes("public");
    this.#listed = new Set(listed.filter((entry) => entry !== "public"));
    this.#aliases = new Map(entriesOf(aliases).map(readAlias));
    this.#denied = readRanges(entriesOf(deniedRanges));
  }

  /** Where to POST this layer; undefined when it may not leave. */
  decide(layer: ServerLayer): ExitDecision | undefined {
    const url = urlOf(layer);
    if (!url) return undefined;
    const [host, at] = [url.hostname, `${url.hostname}:${layer.port}`];
    const alias = this.#aliases.get(at) ?? this.#aliases.get(host);
    if (alias !== undefined) return { url: new URL(layer.target, alias), aliased: true };
    const listed = this.#public || this.#listed.has(host) || this.#listed.has(at);
    if (!listed || isThisMachine(host) || (isIP(host) !== 0 && !this.allowsAddress(host))) return undefined;
    return { url, aliased: false };
  }

  /** Whether an IP address may be connected to when no alias says so. */
  allowsAddress(address: string): boolean {
    return isPublicAddress(address) && !this.#denied.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  }
}

const HOST = /^[a-z0-9.-]+(:\d{1,5})?$/;

/** A host that a URL reads as something else (such as 0x7f.1) and a target with dots or fragments are not taken. */
function urlOf(layer: ServerLayer): URL | undefined {
  const host = layer.host.toLowerCase();
  const protocol = layer.protocol.toLowerCase();
  if ((protocol !== "http" && protocol !== "https") || !isAllowedTarget(layer.target)) return undefined;
  if (!/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/.test(host)) return undefined;
  const url = makeUrl(`${protocol}://${host}:${layer.port}${layer.target}`);
  if (!url || url.hostname !== host || url.pathname !== layer.target || url.search || url.hash) return undefined;
  return url;
}

/** Names that mean the machine itself wherever they are resolved (RFC 6761). */
function isThisMachine(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}

function makeUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function entriesOf(setting: string): string[] {
  const entries = setting.split(",").map((entry) => entry.trim().toLowerCase());
  return entries.filter((entry) => entry !== "");
}

function readAlias(entry: string): [string, string] {
  const [from = "", to = "", more] = entry.split("=");
  const url = makeUrl(to);
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (!HOST.test(from) || !isOrigin || more !== undefined) {
    throw badConfig("EXIT_ALIASES: an entry is not host[:port]=http(s)://host[:port]");
  }
  return [from, url.origin];
}

function readRanges(entries: readonly string[]): BlockList {
  const ranges = new BlockList();
  for (const entry of entries) {
    const [net = "", prefix = "", more] = entry.split("/");
    const family = isIP(net);
    const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (family === 0 || !(bits <= (family === 4 ? 32 : 128)) || more !== undefined) {
      throw badConfig("EXIT_DENIED_RANGES: an entry is not a CIDR");
    }
    ranges.addSubnet(net, bits, family === 4 ? "ipv4" : "ipv6");
  }
  return ranges;
}

function badConfig(message: string): RelayError {
  return new RelayError("bad-config", message);
}
