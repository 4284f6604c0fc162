import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { configTypes, defineConfig, parseConfig } from "./config.ts";
import { renderConfigDoc } from "./config-doc.ts";
import { ConfigError } from "./errors.ts";

const schema = defineConfig({
  PORT: { schema: configTypes.port, doc: "Where to listen." },
  RETRY_MS: { schema: configTypes.integer(1, 1000), doc: "Pause | between tries.", default: 50 },
  STRICT: { schema: configTypes.flag, doc: "Refuse more.", default: false },
  MODE: { schema: configTypes.oneOf("public", "private"), doc: "Network.", default: "public" },
  EXTRA: { schema: configTypes.text.optional(), doc: "More." },
  TOKEN: { schema: configTypes.text, doc: "A secret.", secret: true },
});

test("values are read with their types and defaults fill what is missing or empty", () => {
  const config = parseConfig(schema, { PORT: "80", TOKEN: "t", RETRY_MS: "", STRICT: "true" });
  assert.deepEqual(config, { PORT: 80, RETRY_MS: 50, STRICT: true, MODE: "public", TOKEN: "t" });
});

test("all problems come at once, and never the value of a secret", () => {
  const secret = defineConfig({ ...schema, TOKEN: { schema: configTypes.oneOf("x"), doc: "A secret.", secret: true } });
  const env = { RETRY_MS: "5000", MODE: "open", TOKEN: "hunter2" };
  assert.throws(
    () => parseConfig(secret, env),
    (error: ConfigError) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.code, "config");
      assert.deepEqual(
        error.problems.map((problem) => problem.split(/[ :]/)[0]),
        ["PORT", "RETRY_MS", "MODE", "TOKEN"],
      );
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    },
  );
});

test("a secret can come from a file, without its last newline", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "swarmpost-"));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "token"), "from file\n");
  assert.equal(parseConfig(schema, { PORT: "1", TOKEN_FILE: join(folder, "token") }).TOKEN, "from file");
  assert.throws(() => parseConfig(schema, { PORT: "1", TOKEN_FILE: join(folder, "no") }), /TOKEN_FILE names a file/);
});

test("only secrets are read from files", () => {
  assert.throws(() => parseConfig(schema, { TOKEN: "t", PORT_FILE: "/etc/hostname" }), /PORT is required/);
});

test("a URL must have one of its schemes", () => {
  const urls = defineConfig({ BUS_URL: { schema: configTypes.url("nats", "tls"), doc: "The bus." } });
  assert.equal(parseConfig(urls, { BUS_URL: "nats://127.0.0.1:4222" }).BUS_URL, "nats://127.0.0.1:4222");
  assert.throws(() => parseConfig(urls, { BUS_URL: "http://127.0.0.1" }), /nats:\/\/ or tls:\/\//);
});

test("of several URLs each must have one of the schemes, and none is shown", () => {
  const urls = defineConfig({ BUS_URL: { schema: configTypes.urls("nats", "tls"), doc: "The bus.", secret: true } });
  const two = "nats://user:password@one:4222, tls://two:4222";
  assert.equal(parseConfig(urls, { BUS_URL: two }).BUS_URL, two);
  for (const BUS_URL of ["nats://one:4222,", "nats://one:4222,http://two", "nats://one:4222 nats://two:4222"]) {
    const refused = (error: Error) => /separated by commas.* nats:\/\/ or tls:\/\//.test(error.message);
    assert.throws(
      () => parseConfig(urls, { BUS_URL }),
      (error: Error) => refused(error) && !error.message.includes("one"),
    );
  }
});

test("the table of a service names each key, its default and its meaning", () => {
  const text = renderConfigDoc("relay", schema);
  assert.match(text, /^## relay\n/);
  assert.match(text, /\| `PORT` \| \*\*required\*\* \| Where to listen\. \|/);
  assert.match(text, /\| `RETRY_MS` \| `50` \| Pause \\\| between tries\. \|/);
  assert.match(text, /\| `EXTRA` \| optional \|/);
  assert.match(text, /\| `TOKEN`, `TOKEN_FILE` \| \*\*required\*\* \|/);
});
