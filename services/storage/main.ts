import { run } from "@swarmpost/runtime";
import { storageConfig } from "./config.ts";
import { createStorage } from "./service.ts";

await run("storage", storageConfig, createStorage);
