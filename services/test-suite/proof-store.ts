import { pubkeyBytes, type Pubkey } from "@swarmpost/crypto";
import type { Database } from "@swarmpost/postgres";
import { decodeProof } from "@swarmpost/proof";
import type { KeptProof } from "./kept-proof.ts";

interface Row {
  readonly proof: Buffer;
  readonly signature: Buffer;
  readonly received_ms: bigint;
  readonly changes_ms: bigint[];
}

/** Accepted proofs in Postgres, so that a restart forgets no node. */
export class ProofStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All stored proofs; unreadable rows are passed over. @throws DatabaseError */
  async load(): Promise<KeptProof[]> {
    const { rows } = await this.#database.query<Row>({
      text: "select proof, signature, received_ms, changes_ms from uptime_proof",
    });
    return rows.flatMap((row) => {
      const proof = decodeProof(row.proof);
      const signed = { proof: row.proof, signature: row.signature };
      const changesMs = row.changes_ms.map(Number);
      return proof ? [{ signed, proof, receivedMs: Number(row.received_ms), changesMs }] : [];
    });
  }

  /** Keeps a proof unless a later one of the node is there. @throws DatabaseError */
  async put(node: Pubkey, kept: KeptProof): Promise<void> {
    await this.#database.query({
      name: "put_proof",
      text: `
        insert into uptime_proof (node, proof, signature, received_ms, changes_ms) values ($1, $2, $3, $4, $5)
        on conflict (node) do update set
          proof = excluded.proof, signature = excluded.signature,
          received_ms = excluded.received_ms, changes_ms = excluded.changes_ms
        where uptime_proof.received_ms <= excluded.received_ms`,
      values: [
        pubkeyBytes(node),
        Buffer.from(kept.signed.proof),
        Buffer.from(kept.signed.signature),
        BigInt(kept.receivedMs),
        kept.changesMs.map(BigInt),
      ],
    });
  }

  /** Forgets a node's proof unless one that was received later is there: another process may have taken over. @throws DatabaseError */
  async remove(node: Pubkey, receivedMs: number): Promise<void> {
    const text = "delete from uptime_proof where node = $1 and received_ms <= $2";
    await this.#database.query({ name: "remove_proof", text, values: [pubkeyBytes(node), BigInt(receivedMs)] });
  }
}
