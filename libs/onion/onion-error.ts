/**
 * Why an onion could not be read or built. Messages are safe to log: they never carry bytes of the onion.
 *
 * - `malformed`: the outer frame is not an onion request (the message is the text that a client gets with 400).
 * - `invalid-json`: a layer opened, but what is inside is none of the three known roles.
 * - `invalid-v4`: a server-bound request or its answer is not the bencoded form of onion v4.
 * - `bad-path`: an onion can't be built over the given hops.
 */
export class OnionError extends Error {
  readonly code: "malformed" | "invalid-json" | "invalid-v4" | "bad-path";

  constructor(code: OnionError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OnionError";
    this.code = code;
  }
}
