import { elected } from "@swarmpost/kubernetes";
import { run } from "@swarmpost/runtime";
import { swarmCoordinatorConfig } from "./config.ts";
import { createSwarmCoordinator } from "./service.ts";

await run("swarm-coordinator", swarmCoordinatorConfig, elected(createSwarmCoordinator));
