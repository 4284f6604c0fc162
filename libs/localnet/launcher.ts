import type { ServiceName } from "./options.ts";

/** A service that runs. Disposing it is its orderly end: drain, then stop. */
export interface Launched extends AsyncDisposable {
  /** Ends it without warning (SIGKILL). Services that share a process can't be killed: for them it is the orderly end. */
  kill(): Promise<void>;
  /** The service's metrics in Prometheus text form. */
  metrics(): Promise<string>;
}

/** Where a service belongs: decides its bus, its cache and who may reach it. */
export interface Place {
  readonly cluster: number;
  /** Key of the node that relay and storage belong to. */
  readonly node?: string;
}

/** Starts services from their environment, in this process or in one of their own. */
export interface Launcher extends AsyncDisposable {
  launch(service: ServiceName, place: Place, env: Record<string, string>): Promise<Launched>;
  /** Cuts every link between nodes of different groups; nodes of one group, and everything else, go on. */
  isolate(groupOf: (node: string) => number): void;
}
