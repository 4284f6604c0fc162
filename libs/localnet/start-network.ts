import { Network } from "./network.ts";
import type { NetworkOptions } from "./options.ts";

/**
 * Starts a whole network and waits until a client could use it. Dispose the network (or call `stop`) to end it; it also
 * ends, with its data, when this process dies.
 * @throws LocalnetError with one line for a person.
 */
export function startNetwork(options: NetworkOptions): Promise<Network> {
  return Network.start(options);
}
