import { type ConfigEntry, type ConfigSchema, processConfig } from "@swarmpost/runtime";
import { chainWatcherConfig } from "@swarmpost/chain-watcher/config.ts";
import { fileServerConfig } from "@swarmpost/file-server/config.ts";
import { relayConfig } from "@swarmpost/relay/config.ts";
import { storageConfig } from "@swarmpost/storage/config.ts";
import { swarmCoordinatorConfig } from "@swarmpost/swarm-coordinator/config.ts";
import { testSuiteConfig } from "@swarmpost/test-suite/config.ts";
import {
  chainConfig,
  databasesConfig,
  messageTestConfig,
  networkFileConfig,
  prepareConfig,
  registerConfig,
} from "@swarmpost/release";
import type { PlacedContainer } from "./workloads.ts";

/** The table of settings of each program of our image. */
export const programTables: Readonly<Record<string, ConfigSchema>> = {
  relay: relayConfig,
  storage: storageConfig,
  "swarm-coordinator": swarmCoordinatorConfig,
  "chain-watcher": chainWatcherConfig,
  "test-suite": testSuiteConfig,
  "file-server": fileServerConfig,
  chain: chainConfig,
  prepare: prepareConfig,
  databases: databasesConfig,
  register: registerConfig,
  "message-test": messageTestConfig,
  "network-file": networkFileConfig,
};

/** A container of our image, with the settings that its program knows. */
export interface Program extends PlacedContainer {
  readonly name: string;
  readonly settings: Readonly<Record<string, ConfigEntry>>;
}

/** Whether a container runs our image. */
export function isOurs({ container }: PlacedContainer): boolean {
  return /(^|\/)swarmpost[:@]/.test(container.image ?? "");
}

/** The containers of our image. @throws Error for a program that does not exist */
export function programs(containers: readonly PlacedContainer[]): readonly Program[] {
  return containers.filter(isOurs).map((placed) => {
    const name = placed.container.args?.[0] ?? "";
    const table = programTables[name];
    if (table === undefined) throw new Error(`${placed.where}: the image has no program ${name}`);
    return { ...placed, name, settings: { ...processConfig, ...table } };
  });
}

/** The setting that a variable of the environment gives, if any: `KEY`, or of a secret `KEY_FILE`. */
export function settingOf({ settings }: Program, variable: string): string | undefined {
  if (variable in settings) return variable;
  const key = variable.replace(/_FILE$/, "");
  return key !== variable && settings[key]?.secret === true ? key : undefined;
}
