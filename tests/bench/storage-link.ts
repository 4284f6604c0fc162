import type { Link } from "@swarmpost/rpc";

/** Kind of a storage RPC on the local link. */
const STORAGE_RPC = 1;
const HEAD_BYTES = 3;
const NO_FLAGS = Buffer.of(0);

/** What goes over the link for a request text. */
export function rpcPayload(json: Buffer): Buffer {
  return Buffer.concat([NO_FLAGS, json]);
}

/** Sends a request as the node's relay does. @returns the body. @throws TypeError for any status but 200. */
export async function ask(link: Link, payload: Buffer): Promise<Buffer> {
  const answer = await link.request(STORAGE_RPC, payload, { deadlineMs: 30_000 });
  const status = answer.readUInt16LE();
  const body = answer.subarray(HEAD_BYTES);
  if (status !== 200) throw new TypeError(`storage answered ${status}: ${body.toString("utf8").slice(0, 200)}`);
  return body;
}
