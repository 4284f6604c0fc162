import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packagedFolder, postgresPrograms } from "./postgres-programs.ts";
import { postgresAccount } from "./server-account.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("the account of the server can run the programs, also from a checkout that only its owner may enter", async () => {
  const account = postgresAccount();
  assert.equal(account === undefined, process.getuid?.() !== 0);
  await using home = await temporaryFolder();
  await using folder = await temporaryFolder({ owner: account });
  cpSync(packagedFolder(), join(home.path, "native"), { recursive: true, verbatimSymlinks: true });
  const { postgres, initdb } = postgresPrograms(account, folder.path, join(home.path, "native"));
  for (const program of [postgres, initdb]) {
    const ran = spawnSync(program, ["--version"], { encoding: "utf8", cwd: "/", ...account });
    assert.match(ran.stdout, /PostgreSQL\) \d+/);
  }
});
