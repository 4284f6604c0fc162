import { isIP } from "node:net";
import { isAllowedTarget, type ServerLayer } from "@swarmpost/onion";
import { isPublicAddress } from "./exit-address.ts";
import { RelayError } from "./relay-error.ts";

/** Where an onion may leave to. */
export interface ExitDecision {
  readonly url: URL;
  /** A listed host may have a private address; any other must resolve to public ones only. */
  readonly listed: boolean;
}

/** Decides which servers onions may leave to, from `EXIT_HOSTS`: `public`, `host`, `host:port`, separated by commas. */
export class ExitPolicy {
  readonly #public: boolean;
  readonly #listed: ReadonlySet<string>;

  /** @throws RelayError `bad-config` when an entry is not a host. */
  constructor(hosts: string) {
    const entries = hosts
      .split(",")
      .map((entry) => entry.trim().toLowerCase())
      .filter((entry) => entry !== "");
    const odd = entries.find((entry) => !/^[a-z0-9.-]+(:\d{1,5})?$/.test(entry));
    if (odd !== undefined) throw new RelayError("bad-config", "EXIT_HOSTS: an entry is not host or host:port");
    this.#public = entries.includes("public");
    this.#listed = new Set(entries.filter((entry) => entry !== "public"));
  }

  /** Where to POST this layer; undefined when it may not leave. Names are resolved, and judged again, when connecting. */
  decide(layer: ServerLayer): ExitDecision | undefined {
    const host = layer.host.toLowerCase();
    const protocol = layer.protocol.toLowerCase();
    if ((protocol !== "http" && protocol !== "https") || !isAllowedTarget(layer.target)) return undefined;
    if (!/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/.test(host)) return undefined;
    const url = makeUrl(`${protocol}://${host}:${layer.port}${layer.target}`);
    // A host that a URL reads as something else (such as 0x7f.1) and a target with dots or fragments are not taken.
    if (!url || url.hostname !== host || url.pathname !== layer.target || url.search || url.hash) return undefined;
    const listed = this.#listed.has(host) || this.#listed.has(`${host}:${layer.port}`);
    if (listed) return { url, listed };
    if (!this.#public || (isIP(host) !== 0 && !isPublicAddress(host))) return undefined;
    return { url, listed };
  }
}

function makeUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
