import { run } from "@swarmpost/runtime";
import { fileServerConfig } from "./config.ts";
import { createFileServer } from "./service.ts";

await run("file-server", fileServerConfig, createFileServer);
