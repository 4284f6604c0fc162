/**
 * Whether an exit may POST to this path: it starts with `/loki/` or `/oxen/`, ends with `/lsrpc` and has no query.
 * Source: Session storage server 2.11, `is_onion_url_target_allowed`.
 */
export function isAllowedTarget(target: string): boolean {
  return (
    (target.startsWith("/loki/") || target.startsWith("/oxen/")) && target.endsWith("/lsrpc") && !target.includes("?")
  );
}
