import type { Database } from "@swarmpost/postgres";
import { decodeSwarmState, encodeSwarmState, SwarmError } from "@swarmpost/swarm";
import { CoordinatorError } from "./errors.ts";
import type { ChainIdentity, MapHistory } from "./map-history.ts";

interface Row {
  readonly chain_id: bigint;
  readonly contract: Buffer;
  readonly current_map: Buffer;
  readonly previous_map: Buffer | null;
}

/** What was stored: the maps, and the chain they come from. */
export interface StoredMaps {
  readonly chain: ChainIdentity;
  readonly history: MapHistory;
}

/** Keeps the maps in Postgres, in canonical form: the checkpoint from which a restart goes on. */
export class MapStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Undefined before the first save.
   * @throws DatabaseError, or CoordinatorError "bad-state" when the stored bytes are no map.
   */
  async load(): Promise<StoredMaps | undefined> {
    const { rows } = await this.#database.query<Row>({
      text: "select chain_id, contract, current_map, previous_map from swarm_map",
    });
    const row = rows[0];
    if (!row) return undefined;
    try {
      const previous = row.previous_map === null ? undefined : decodeSwarmState(row.previous_map);
      return {
        chain: { chainId: row.chain_id, contract: row.contract },
        history: { current: decodeSwarmState(row.current_map), previous },
      };
    } catch (cause) {
      if (!(cause instanceof SwarmError)) throw cause;
      throw new CoordinatorError("bad-state", "the stored swarm map is unreadable: empty the table swarm_map", {
        cause,
      });
    }
  }

  /** Writes the maps unless newer ones are there. @throws DatabaseError */
  async save({ chain, history }: StoredMaps): Promise<void> {
    const previous = history.previous ? encodeSwarmState(history.previous) : null;
    await this.#database.query({
      text: `
        insert into swarm_map (chain_id, contract, height, current_map, previous_map) values ($1, $2, $3, $4, $5)
        on conflict (only_row) do update set
          height = excluded.height, current_map = excluded.current_map, previous_map = excluded.previous_map
        where swarm_map.height < excluded.height`,
      values: [chain.chainId, chain.contract, history.current.height, encodeSwarmState(history.current), previous],
    });
  }
}
