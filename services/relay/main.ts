import { run } from "@swarmpost/runtime";
import { relayConfig } from "./config.ts";
import { createRelay } from "./service.ts";

await run("relay", relayConfig, createRelay);
