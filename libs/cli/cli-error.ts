/** A command was used in a way that can't work; the message says in one line what to do. Exit code 2. */
export class CliError extends Error {
  readonly code: "usage" | "no-identity" | "identity-exists" | "wrong-passphrase" | "no-network";

  constructor(code: CliError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CliError";
    this.code = code;
  }
}
