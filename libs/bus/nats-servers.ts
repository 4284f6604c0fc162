/** How the NATS client is told where servers are and who asks. */
export interface NatsServers {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** Present for `tls://` and with an authority: no connection without it. */
  readonly tls?: { readonly caFile?: string };
}

/**
 * Reads `nats://user:password@host:port`, several joined by commas. A name without a password is a token. The client itself
 * leaves out what stands before the `@`, so one user is taken for all servers: that of the first.
 */
export function readNatsUrl(url: string, caFile?: string): NatsServers {
  const urls = url.split(",").map((server) => new URL(server.trim()));
  const [user = "", pass = ""] = [urls[0]!.username, urls[0]!.password].map(decodeURIComponent);
  const who = pass !== "" ? { user, pass } : user !== "" ? { token: user } : {};
  const encrypted = caFile !== undefined || urls.some(({ protocol }) => protocol === "tls:");
  const tls = caFile === undefined ? {} : { caFile };
  return { servers: urls.map(({ host }) => host), ...who, ...(encrypted ? { tls } : {}) };
}
