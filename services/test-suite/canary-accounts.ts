import { type Account, createAccount, type SwarmpostClient } from "@swarmpost/client";

/** Accounts are drawn so often at most before a round counts as done; 200 reach each of 40 swarms but for one in 160. */
const DRAWS = 200;

/** A fresh account for each message, drawn so that every swarm gets one before any gets the next. */
export class CanaryAccounts {
  readonly #reached = new Set<string>();

  /** An account in a swarm that this round has not reached. @throws ClientError "no-swarm" */
  next(client: Pick<SwarmpostClient, "swarm">): Account {
    const first = this.#draw(client);
    if (first !== undefined) return first;
    this.#reached.clear();
    return this.#draw(client) as Account;
  }

  #draw(client: Pick<SwarmpostClient, "swarm">): Account | undefined {
    for (let draws = 0; draws < DRAWS; draws++) {
      const account = createAccount();
      const { id } = client.swarm(account.id);
      if (this.#reached.has(id)) continue;
      this.#reached.add(id);
      return account;
    }
    return undefined;
  }
}
