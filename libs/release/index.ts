// The programs of a release that are no services: what is made at an install, the development chain, tests of the whole.

export { type Issued, issueCertificate, makeAuthority } from "./certificates.ts";
export { createChain } from "./chain.ts";
export { type ChainConfig, chainConfig } from "./chain-config.ts";
export { makeDatabases } from "./databases.ts";
export { type DatabasesConfig, databasesConfig } from "./databases-config.ts";
export { developmentContract } from "./development-contract.ts";
export { ReleaseError, type ReleaseErrorCode } from "./errors.ts";
export { testMessage } from "./message-test.ts";
export { printNetworkFile } from "./network-file.ts";
export { prepare } from "./prepare.ts";
export { type PrepareConfig, prepareConfig } from "./prepare-config.ts";
export { register } from "./register.ts";
export { type RegisterConfig, registerConfig } from "./register-config.ts";
export {
  type MessageTestConfig,
  messageTestConfig,
  type NetworkFileConfig,
  networkFileConfig,
  type SeedsConfig,
  seedsConfig,
} from "./seeds-config.ts";
