import { elected } from "@swarmpost/kubernetes";
import { run } from "@swarmpost/runtime";
import { testSuiteConfig } from "./config.ts";
import { createTestSuite } from "./service.ts";

await run("test-suite", testSuiteConfig, elected(createTestSuite));
