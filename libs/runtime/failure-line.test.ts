import assert from "node:assert/strict";
import { test } from "node:test";
import { failureLine } from "./failure-line.ts";

const line = (message: string) => failureLine("register", "failed", new Error(message));

test("a failure is one line with the message, without newlines", () => {
  assert.equal(line("the database is\n gone"), "register: failed: the database is gone\n");
  assert.equal(failureLine("register", "failed", "text"), "register: failed: text\n");
});

test("of a URL in a message only scheme and host are shown, wherever its secret is", () => {
  const secret = "5ecre7";
  for (const url of [
    `https://rpc.example/v3/${secret}`,
    `https://rpc.example?key=${secret}`,
    `https://${secret}@rpc.example`,
    `https://rpc.example/#${secret}`,
    `postgres://node:${secret}@rpc.example:5432/node`,
    `nats://user:${secret}@rpc.example:4222,nats://user:${secret}@other:4222`,
    `nats://user:a,${secret}@rpc.example`,
    `https://no host/${secret}`.replace(" ", "%"),
  ]) {
    const shown = line(`HTTP request failed.\n\nURL: ${url}\nDetails: "${url}"`);
    assert.ok(!shown.includes(secret), shown);
    assert.match(
      shown,
      /^register: failed: HTTP request failed\. URL: [a-z]+:\/\/\S*\/… Details: "[a-z]+:\/\/\S*\/…"\n$/,
    );
  }
  assert.match(line(`URL: https://rpc.example:8545/v3/${secret}`), /URL: https:\/\/rpc\.example:8545\/…/);
});

test("a URL that is nothing but a host stays, and so does what only looks like one", () => {
  const message = "begins with https:// or nats://; http://10.0.0.1:8545 and https://chain.example/ do not answer";
  assert.equal(line(message), `register: failed: ${message}\n`);
  const rule = "must be URLs that begin with http:// or https://, separated by commas (not nats://)";
  assert.equal(line(rule), `register: failed: ${rule}\n`);
});
