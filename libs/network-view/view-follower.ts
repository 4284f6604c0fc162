import type { NetworkView, SwarmMapView } from "./network-view.ts";

/** Told of each new view, with the one before it. */
export type ViewListener = (view: NetworkView, previous: NetworkView) => void;

/** A network view kept up to date. Disposing it ends the following; the last view stays readable. */
export interface ViewFollower extends AsyncDisposable {
  readonly current: NetworkView;
  /** The map that the map in force replaced; undefined for the first map. */
  readonly previousMap: SwarmMapView | undefined;
  /** Calls a listener on each new view; the returned function ends that. A listener must not throw. */
  onChange(listener: ViewListener): () => void;
  /**
   * Why the view is not useful yet (a source has never answered), or undefined when it is. A source that falls silent
   * later leaves the last view in force.
   */
  ready(): string | undefined;
}
