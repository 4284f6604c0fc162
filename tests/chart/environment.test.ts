import assert from "node:assert/strict";
import { test } from "node:test";
import { environmentOf, expand, usedNames } from "./environment.ts";

const pod = { name: "net-node-3", namespace: "swarm", ip: "10.0.0.3", hostIp: "10.0.0.1" };

test("a container's environment is made as Kubernetes makes it", () => {
  const container = {
    name: "relay",
    env: [
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "PUBLIC_HOST", value: "$(POD_NAME).example.org" },
      { name: "PRICE", value: "$$(POD_NAME) and $" },
      { name: "SECRET", valueFrom: { secretKeyRef: { name: "keys", key: "a" } } },
      { name: "GONE", valueFrom: { configMapKeyRef: { name: "keys", key: "b", optional: true } } },
    ],
  };
  const entries = (kind: string, name: string, key: string) => (key === "a" ? `${kind} ${name}` : undefined);
  assert.deepEqual(environmentOf(container, pod, entries), {
    POD_NAME: "net-node-3",
    PUBLIC_HOST: "net-node-3.example.org",
    PRICE: "$$(POD_NAME) and $",
    SECRET: "Secret keys",
  });
  assert.deepEqual([...usedNames(container)], ["POD_NAME"]);
});

test("a name that is used above its declaration is a fault, because Kubernetes leaves it as it is", () => {
  const env = [
    { name: "HOST", value: "$(POD_NAME)" },
    { name: "POD_NAME", value: "x" },
  ];
  assert.throws(() => environmentOf({ name: "c", env }, pod), /POD_NAME/);
  assert.throws(() => environmentOf({ name: "c", env: [...env, env[1]!].slice(1) }, pod), /twice/);
  assert.throws(() => expand("$(OTHER)", {}), /OTHER/);
});
