import assert from "node:assert/strict";
import { test } from "node:test";
import { type KubernetesObject, nameOf } from "./manifest.ts";
import { render, scenarios } from "./render.ts";
import { unknownFields } from "./unknown-fields.ts";

interface Model {
  validate(): void;
}
type ModelClass = { prototype: Model; new (data: object): Model };

const monitoring = "monitoring.coreos.com/";

/** The typed model of an object's kind; the import fails for a kind or a version that does not exist. */
async function modelOf({ apiVersion, kind }: KubernetesObject): Promise<ModelClass> {
  const source = apiVersion.startsWith(monitoring) ? "@kubernetes-models/prometheus-operator" : "kubernetes-models";
  const models = (await import(`${source}/${apiVersion}/${kind}`)) as Record<string, ModelClass>;
  return models[kind]!;
}

async function faultsOf(object: KubernetesObject): Promise<string[]> {
  const Model = await modelOf(object);
  const faults: string[] = [];
  const unknown = unknownFields(object, (view) => {
    try {
      Model.prototype.validate.call(view);
    } catch (error) {
      faults.push(`${nameOf(object)}: ${(error as Error).message}`);
    }
  });
  return [...faults, ...unknown.map((path) => `${nameOf(object)}: no such field ${path}`)];
}

for (const { name, options } of scenarios()) {
  test(`${name}: every object is what Kubernetes' own schema of its kind asks for, and has no other field`, async () => {
    const objects = render(options);
    assert.ok(objects.length > 10);
    assert.deepEqual((await Promise.all(objects.map(faultsOf))).flat(), []);
  });
}

test("the check of objects finds a wrong type, a missing and a misspelt field, so that it can fail", async () => {
  const good = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "x", labels: { any: "label" } },
    spec: {
      selector: { matchLabels: { any: "label" } },
      template: { metadata: { labels: { any: "label" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  };
  assert.deepEqual(await faultsOf(good), []);
  const changed = (change: (object: typeof good) => void): Promise<string[]> => {
    const object = structuredClone(good);
    change(object);
    return faultsOf(object);
  };
  assert.match((await changed((object) => Object.assign(object.spec, { replicas: "two" }))).join(), /replicas/);
  assert.match((await changed((object) => Reflect.deleteProperty(object.spec, "selector"))).join(), /selector/);
  const misspelt = await changed((object) => Object.assign(object.spec.template.spec.containers[0]!, { port: [] }));
  assert.match(misspelt.join(), /no such field \/spec\/template\/spec\/containers\/0\/port/);
});
