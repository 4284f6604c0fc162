// A whole network on loopback: for the demo, the tests, the benchmarks and `swarmpost net up`.
export { Cluster, type ControlService, controlServices } from "./cluster.ts";
export { LocalNode } from "./local-node.ts";
export { LocalnetError, type LocalnetErrorCode } from "./localnet-error.ts";
export { Network } from "./network.ts";
export type { NetworkOptions, Progress, ServiceName } from "./options.ts";
export { startNetwork } from "./start-network.ts";
