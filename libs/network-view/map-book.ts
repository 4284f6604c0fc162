import type { SwarmMap } from "@swarmpost/protos";
import type { SwarmMapView } from "./network-view.ts";
import { NetworkViewError } from "./network-view-error.ts";
import { emptySwarmMapView, swarmMapView } from "./swarm-map-view.ts";

/** The newest swarm map seen and the one that it replaced. Never goes back. */
export class MapBook {
  #map = emptySwarmMapView;
  #previous: SwarmMapView | undefined;
  #known = false;

  get map(): SwarmMapView {
    return this.#map;
  }

  get previous(): SwarmMapView | undefined {
    return this.#previous;
  }

  /** Whether any map was taken, be it the empty one. */
  get known(): boolean {
    return this.#known;
  }

  /**
   * Takes a map, and the one before it, from an answer or from the bus.
   * @returns whether it is newer than the one known.
   * @throws NetworkViewError "bad-answer", SwarmError or CryptoError for what is no map; the known one then stays.
   */
  take(map: SwarmMap | undefined, previous: SwarmMap | undefined): boolean {
    if (map === undefined) throw new NetworkViewError("bad-answer", "swarm-coordinator answered without a map");
    if (this.#known && map.height <= this.#map.height) return false;
    const [next, before] = [swarmMapView(map), previous && swarmMapView(previous)];
    [this.#map, this.#previous, this.#known] = [next, before, true];
    return true;
  }
}
