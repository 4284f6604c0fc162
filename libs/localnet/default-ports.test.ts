import assert from "node:assert/strict";
import { test } from "node:test";
import { fileServerConfig } from "@swarmpost/file-server/config.ts";
import { relayConfig } from "@swarmpost/relay/config.ts";
import { storageConfig } from "@swarmpost/storage/config.ts";
import { testSuiteConfig } from "@swarmpost/test-suite/config.ts";

test("services that run side by side with their defaults do not ask for the same port", () => {
  const ports = [fileServerConfig, relayConfig, storageConfig, testSuiteConfig].flatMap((table) =>
    Object.entries(table).flatMap(([key, entry]) => {
      const port = key.endsWith("_PORT") && "default" in entry ? Number(entry.default) : 0;
      return port === 0 ? [] : [`${key} ${port}`];
    }),
  );
  // The relay's REPLICA_PORT is its storage's, which it only tells.
  const numbers = [...new Set(ports)].map((entry) => entry.split(" ")[1]);
  assert.equal(new Set(numbers).size, numbers.length, ports.join(", "));
  assert.ok(relayConfig.STORAGE_ADDRESS.default?.endsWith(`:${storageConfig.LOCAL_PORT.default}`));
});
