import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { testAuthority } from "@swarmpost/rpc/test-authority.ts";
import { clusterTlsConfig, readClusterTls } from "./cluster-tls.ts";
import { parseConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";

const folder = mkdtempSync(join(tmpdir(), "cluster-tls-"));
after(() => rmSync(folder, { recursive: true }));

function put(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const authority = await testAuthority();
const [first, second] = await Promise.all([authority.issue("first"), authority.issue("second")]);
const env = {
  CLUSTER_CA_FILE: put("ca.crt", first.ca),
  CLUSTER_CERT_FILE: put("tls.crt", first.certificate),
  CLUSTER_KEY_FILE: put("tls.key", first.key),
};

const read = (given: Record<string, string>) => readClusterTls(parseConfig(clusterTlsConfig, given));

function problemsOf(given: Record<string, string>): readonly string[] {
  try {
    read(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test("the three files of cluster TLS are read, and none of them is plain", () => {
  assert.deepEqual(read(env), first);
  assert.equal(read({}), undefined);
});

test("one file of cluster TLS without the others stops the start with a sentence that names the missing ones", () => {
  const { CLUSTER_CA_FILE } = env;
  assert.deepEqual(problemsOf({ CLUSTER_CA_FILE }), [
    "CLUSTER_CERT_FILE and CLUSTER_KEY_FILE missing: CLUSTER_CA_FILE, CLUSTER_CERT_FILE, CLUSTER_KEY_FILE belong together",
  ]);
});

test("files that are away, hold something else or do not belong together are named, their contents are not", () => {
  const away = join(folder, "away");
  assert.deepEqual(problemsOf({ ...env, CLUSTER_KEY_FILE: away }), [
    "CLUSTER_KEY_FILE names a file that cannot be read",
  ]);
  const junk = put("junk", "hello");
  assert.deepEqual(problemsOf({ CLUSTER_CA_FILE: junk, CLUSTER_CERT_FILE: junk, CLUSTER_KEY_FILE: junk }), [
    "CLUSTER_CA_FILE holds no PEM certificate",
    "CLUSTER_CERT_FILE holds no PEM certificate",
    "CLUSTER_KEY_FILE holds no PEM private key",
  ]);
  assert.deepEqual(problemsOf({ ...env, CLUSTER_KEY_FILE: put("other.key", second.key) }), [
    "CLUSTER_KEY_FILE is not the key of CLUSTER_CERT_FILE",
  ]);
});
