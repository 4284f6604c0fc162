import { openDatabase } from "@swarmpost/postgres";
import { LinkRefusal } from "@swarmpost/rpc";
import { isOfFirstKinds } from "../record-codec.ts";
import type { ReplicaMethod } from "../replica-handler.ts";
import { KIND, REFUSAL } from "../replica-kinds.ts";
import type { TestNode } from "./test-node.ts";

const LATER_KINDS = [KIND.pullChanges, KIND.bringChanges, KIND.pullRevocations, KIND.handRevocations];
/** Where the record begins in a replica frame. */
const RECORD_AT = 25;

/** Until it is started again, a node answers others like a program that knows neither changes nor revocations. */
export function answerLikeOlder(node: TestNode): void {
  const methods = node.service.node.replicaMethods as Map<number, ReplicaMethod>;
  const replicate = methods.get(KIND.replicate);
  if (replicate === undefined) throw new Error("the node takes no frames");
  const refuse: ReplicaMethod = async () => {
    throw new LinkRefusal(REFUSAL.invalid, "malformed");
  };
  for (const kind of LATER_KINDS) methods.set(kind, refuse);
  methods.set(KIND.replicate, async (peer, payload) =>
    isOfFirstKinds(payload.subarray(RECORD_AT)) ? replicate(peer, payload) : refuse(peer, payload),
  );
}

const LATER_TABLES = ["change", "change_request", "revocation", "revocation_request"];

/** Stops a node that answered like an older program, leaves its database as that one does, and starts the present program. */
export async function upgrade(node: TestNode): Promise<void> {
  await node.stop();
  await using database = openDatabase({ url: node.databaseUrl, maxConnections: 1 });
  for (const table of LATER_TABLES) await database.query({ text: `drop table ${table}` });
  await database.query({ text: "delete from kysely_migration where name >= '0003'" });
  await node.start();
}
