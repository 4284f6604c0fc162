// The staking contract: its deployment, its operators, its events. With chain-watcher the only place that knows viem.

export type { Address, Hex } from "viem";
export { accountAddress } from "./account.ts";
export { type DeployOptions, deployStaking, type StakingDeployment } from "./deploy.ts";
export { developmentKey } from "./development-keys.ts";
export { StakingError, type StakingErrorCode } from "./errors.ts";
export {
  decodeStakingEvents,
  type NodeExited,
  type NodeRegistered,
  type StakingEvent,
  type UnlockRequested,
} from "./events.ts";
export { serviceNodeRegistryAbi, swarmpostTokenAbi } from "./gen/abi.ts";
export {
  exitNode,
  leaveNetwork,
  type OperatorOptions,
  type RegisterOptions,
  registerNodes,
  requestUnlock,
  type SignedRegistration,
} from "./operator.ts";
export { type StakingParameters, stakingParameters } from "./parameters.ts";
export {
  readHeight,
  readHoldings,
  readStakedNodes,
  readStakingFacts,
  type StakedNode,
  type StakingFacts,
  stakingFacts,
  type StakingTarget,
} from "./reads.ts";
