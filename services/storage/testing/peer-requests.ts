import { LinkError, PeerLinks } from "@swarmpost/rpc";
import { ByteWriter } from "../byte-writer.ts";
import { writeFence } from "../fence.ts";
import { encodeRecord } from "../record-codec.ts";
import type { ReplicaRecord } from "../record.ts";
import type { TestNode } from "./test-node.ts";

/** Links to one node on the keys of another, to ask what an honest storage would not. To be disposed. */
export function linksTo(node: TestNode, from: TestNode): PeerLinks {
  const contact = { host: "127.0.0.1", port: node.replicaPort, certificate: node.certificate };
  return new PeerLinks({ keys: from.keys, certificate: from.certificate }, { contact: () => contact });
}

/** Asks one node something on the keys of another. @throws LinkError */
export async function askAs(from: TestNode, node: TestNode, kind: number, payload: Uint8Array): Promise<Buffer> {
  await using links = linksTo(node, from);
  return Buffer.from(await links.request(node.pubkey, kind, payload, { deadlineMs: 5_000 }));
}

/** Whether an error is a refusal with this number. */
export function refusedWith(code: number): (error: unknown) => boolean {
  return (error) => error instanceof LinkError && error.code === "refused" && error.detail === code;
}

/** A replica frame under the map that a node has, for its first swarm. */
export function frameTo(node: TestNode, record: ReplicaRecord, flags = 0): Buffer {
  const view = node.view.current;
  const swarm = view.swarms[0];
  if (swarm === undefined) throw new Error("the map has no swarm");
  const fence = { swarmId: swarm.id, changedHeight: swarm.changedHeight, mapHeight: view.map.height };
  return writeFence(new ByteWriter().u8(flags), fence).bytes(encodeRecord(record)).finish();
}
