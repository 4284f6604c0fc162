import type { Account } from "@swarmpost/client";
import type { LocalNode } from "@swarmpost/localnet";

/** Everything that must never be logged, in every form in which it could appear: [what it is, its text]. */
export function identitiesIn(parts: {
  nodes: readonly LocalNode[];
  accounts: readonly Account[];
  hashes: readonly string[];
}): [string, string][] {
  const forms = (what: string, bytes: Uint8Array): [string, string][] => {
    const buffer = Buffer.from(bytes);
    return [
      [what, buffer.toString("hex")],
      [what, buffer.toString("base64").replace(/=+$/, "")],
      [what, buffer.toString("base64url")],
    ];
  };
  return [
    ...parts.nodes.flatMap((node) => [
      ...forms("a node's key", node.keys.ed25519.publicKey),
      ...forms("a node's X25519 key", node.keys.x25519.publicKey),
      ...forms("a node's seed", node.keys.ed25519.seed),
      ["a node's address", node.host] as [string, string],
    ]),
    ...parts.accounts.flatMap((account) => [
      ["an account ID", account.id] as [string, string],
      ...forms("an account's key", Buffer.from(account.id.slice(2), "hex")),
    ]),
    ...parts.hashes.flatMap((hash) => [
      ["a message hash", hash] as [string, string],
      ...forms("a message hash", Buffer.from(hash, "base64")),
    ]),
  ];
}
