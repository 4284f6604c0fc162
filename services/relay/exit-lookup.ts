import type { LookupAddress, LookupAllOptions } from "node:dns";
import type { LookupFunction } from "node:net";

/** Code of the error of a name that resolves to no allowed address. */
export const ADDRESS_REFUSED = "ERR_EXIT_REFUSED";

/** `lookup` of node:dns, as far as it is used here. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A lookup for connections that gives only addresses which `allows` lets through. What it gives is what is then connected to:
 * a name that resolves to something else the next time (DNS rebinding) is judged again, before that connection.
 */
export function judgedLookup(allows: (address: string) => boolean, resolve: Resolve): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, "");
      const allowed = addresses.filter(({ address }) => allows(address));
      const [first] = allowed;
      if (!first) done(Object.assign(new Error("no address that may be connected to"), { code: ADDRESS_REFUSED }), "");
      else if (options.all) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}
