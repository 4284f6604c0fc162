const MAX_ACCOUNTS = 100_000;

/** Accounts of which a former holder has erased something: when they are too many, or were forgotten by a restart, all. */
export class ErasedAccounts {
  readonly #some = new Set<string>();
  #all = false;

  get none(): boolean {
    return !this.#all && this.#some.size === 0;
  }

  add(account: Buffer): void {
    if (this.#some.size >= MAX_ACCOUNTS) this.all();
    if (!this.#all) this.#some.add(account.toString("latin1"));
  }

  all(): void {
    this.#all = true;
    this.#some.clear();
  }

  has(account: Buffer): boolean {
    return this.#all || this.#some.has(account.toString("latin1"));
  }
}
