import { elected } from "@swarmpost/kubernetes";
import { run } from "@swarmpost/runtime";
import { chainWatcherConfig } from "./config.ts";
import { createChainWatcher } from "./service.ts";

await run("chain-watcher", chainWatcherConfig, elected(createChainWatcher));
