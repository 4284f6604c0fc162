import assert from "node:assert/strict";

interface Asked {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

type Json = Record<string, unknown>;

const number = (value: unknown) => assert.equal(typeof value, "number");
const hex = (value: unknown, digits: number) => assert.match(String(value), new RegExp(`^[0-9a-f]{${digits}}$`));

/** Shape of a body by method, as Session storage server 2.11 documents it. */
const shapes: Readonly<Record<string, (body: Json) => void>> = {
  get_swarm(body) {
    const snodes = body["snodes"] as Json[];
    assert.ok(snodes.length >= 5 && snodes.length <= 10);
    for (const node of snodes) {
      hex(node["pubkey_ed25519"], 64);
      hex(node["pubkey_x25519"], 64);
      assert.match(String(node["ip"]), /^\d+\.\d+\.\d+\.\d+$/);
      assert.equal(Number(node["port"]), node["port_https"]);
      assert.equal(typeof node["port"], "string");
    }
    assert.match(String(body["swarm"]), /^[0-9a-f]{1,16}$/);
    checkTimes(body);
  },
  store(body) {
    assert.match(String(body["hash"]), /^[A-Za-z0-9+/]{43}$/);
    const entries = Object.entries(body["swarm"] as Record<string, Json>);
    assert.ok(entries.length >= 5);
    for (const [node, entry] of entries) {
      hex(node, 64);
      assert.equal(entry["hash"], body["hash"]);
      number(entry["expiry"]);
      assert.match(String(entry["signature"]), /^[A-Za-z0-9+/]{86}==$/);
    }
    checkTimes(body);
  },
  retrieve(body) {
    assert.equal(typeof body["more"], "boolean");
    for (const message of body["messages"] as Json[]) {
      assert.match(String(message["hash"]), /^[A-Za-z0-9+/]{43}$/);
      number(message["timestamp"]);
      number(message["expiration"]);
      assert.equal(typeof message["data"], "string");
    }
    checkTimes(body);
  },
  info(body) {
    assert.equal((body["version"] as unknown[]).length, 3);
    number(body["timestamp"]);
    checkTimes(body);
  },
  oxend_request(body) {
    checkStates((body["result"] as Json)["service_node_states"] as Json[]);
    checkTimes(body);
  },
};

function checkTimes(body: Json): void {
  number(body["t"]);
  assert.equal((body["hf"] as unknown[]).length, 2);
}

function checkStates(states: readonly Json[]): void {
  assert.ok(states.length > 0);
  for (const state of states) {
    assert.match(String(state["public_ip"]), /^\d+\.\d+\.\d+\.\d+$/);
    hex(state["pubkey_ed25519"], 64);
    hex(state["pubkey_x25519"], 64);
    number(state["storage_port"]);
  }
}

/** Checks the answer to a storage request, each part of a batch by its own method. */
export function checkAnswer({ method, params }: Asked, answer: Json): void {
  if (method !== "batch" && method !== "sequence") {
    const shape = shapes[method];
    assert.ok(shape, method);
    shape(answer);
    return;
  }
  const requests = params["requests"] as Asked[];
  const results = answer["results"] as { code: number; body: Json }[];
  assert.equal(results.length, requests.length);
  for (const [index, { code, body }] of results.entries()) {
    assert.equal(code, 200, JSON.stringify(body));
    checkAnswer(requests[index]!, body);
  }
}

/** Checks a seed's list of nodes, as Session Desktop reads it. */
export function checkSeedAnswer(params: Json, answer: Json, nodes: number): void {
  assert.equal(answer["jsonrpc"], "2.0");
  const result = answer["result"] as Json;
  const states = result["service_node_states"] as Json[];
  assert.equal(states.length, nodes);
  checkStates(states);
  const fields = params["fields"] as Json;
  if (fields["height"] === true) number(result["height"]);
  for (const state of states) {
    if (fields["requested_unlock_height"] === true) number(state["requested_unlock_height"]);
  }
}
