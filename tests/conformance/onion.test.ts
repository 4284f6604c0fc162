import assert from "node:assert/strict";
import { test } from "node:test";
import { clientChannelKey, type EncType, serverChannelKey } from "@swarmpost/crypto";
import { bdecode, bencode, decodeBase64 } from "@swarmpost/encoding";
import {
  decodeHopFrame,
  decodeV4Request,
  decodeV4Response,
  encodeHopFrame,
  encodeV4Request,
  encodeV4Response,
  isAllowedTarget,
  parseInner,
  parseOnionRequest,
} from "@swarmpost/onion";
import { openOnion } from "./open-onion.ts";
import { clientVectors, type RecordedNode, readJson } from "./recorded.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");

interface InnerCase {
  readonly name: string;
  readonly input: string;
  readonly expect: Readonly<Record<string, unknown>>;
}

interface StorageVectors {
  readonly onion_inner_payload_parse: { readonly cases: readonly InnerCase[] };
  readonly onion_url_target_allowed: { readonly allowed: readonly string[]; readonly denied: readonly string[] };
  readonly onion_outer_parse_and_decrypt: Readonly<Record<string, string>> & {
    readonly reply_len: Readonly<Record<"aes-gcm" | "xchacha20", number>>;
  };
  readonly onion_v4_bencode_examples: {
    readonly requests: readonly { bt: string; body?: string }[];
    readonly responses: readonly { bt: string }[];
  };
  readonly derived_3hop_snode_onion: Readonly<Record<string, string>> & {
    readonly hops: readonly { x25519_sec: string; x25519_pub: string; ed25519_id: string }[];
    readonly ephemeral: readonly { sec: string; pub: string }[];
  };
  readonly derived_wire_examples: {
    readonly omq_onion_bt: {
      fields: { data_utf8: string; enc_type: string; ephemeral_key: string; hop_no: number };
      bt: string;
    };
  };
}

const storage = readJson<StorageVectors>("storage.json");

test("every inner payload of the storage server's tests is given its role", () => {
  for (const { name, input, expect } of storage.onion_inner_payload_parse.cases) {
    const inner = parseInner(hex(input));
    if (inner.kind === "final") {
      const got = { kind: "final", body_utf8: inner.body.toString("utf8"), json: inner.json, base64: inner.base64 };
      assert.deepEqual(got, expect, name);
    } else if (inner.kind === "server") {
      assert.equal(inner.plaintext.toString("hex"), input, name);
      const { host, port, protocol, target } = inner;
      assert.deepEqual({ kind: "server", payload: "<entire input>", host, port, protocol, target }, expect, name);
    } else {
      const got = {
        kind: "snode",
        ciphertext_utf8: inner.ciphertext.toString("utf8"),
        destination: inner.next,
        ephemeral_key: inner.ephemeralKey.toString("hex"),
        enc_type: inner.encType,
      };
      assert.deepEqual(got, expect, name);
    }
  }
});

test("exits POST to the paths that the storage server allows and to no others", () => {
  for (const target of storage.onion_url_target_allowed.allowed) assert.equal(isAllowedTarget(target), true, target);
  for (const target of storage.onion_url_target_allowed.denied) assert.equal(isAllowedTarget(target), false, target);
});

test("the outer requests of libsession's parser test open, and a reply opens at the client", () => {
  const vector = storage.onion_outer_parse_and_decrypt;
  const [client] = clientVectors<{ enc_gcm: string; enc_xchacha20: string }>("onion_request_parser");
  assert.equal(client?.enc_gcm, vector.request_aes_gcm);
  assert.equal(client?.enc_xchacha20, vector.request_xchacha20);
  for (const [encType, request] of [
    ["aes-gcm", vector.request_aes_gcm],
    ["xchacha20", vector.request_xchacha20],
  ] as const) {
    const outer = parseOnionRequest(hex(request ?? ""));
    assert.equal(outer.encType, encType);
    assert.equal(outer.ephemeralKey.toString("hex"), vector.client_pub_A);
    const [secret, own] = [hex(vector.server_sec_b ?? ""), hex(vector.server_pub_B ?? "")];
    const server = serverChannelKey(encType, secret, own, outer.ephemeralKey);
    assert.equal(server.open(outer.ciphertext)?.toString("utf8"), vector.payload_utf8);
    const reply = server.seal(Buffer.from(vector.reply_plaintext_utf8 ?? ""));
    assert.equal(reply.length, vector.reply_len[encType]);
    const opener = clientChannelKey(encType, hex(vector.client_sec_a ?? ""), outer.ephemeralKey, own);
    assert.equal(opener.open(reply)?.toString("utf8"), vector.reply_plaintext_utf8);
  }
});

test("the file server's onion v4 examples decode", () => {
  const { requests, responses } = storage.onion_v4_bencode_examples;
  for (const { bt, body } of requests) {
    const request = decodeV4Request(Buffer.from(bt, "latin1"));
    assert.match(request.endpoint, /^\//);
    assert.ok(request.headers["Some-Header"]);
    assert.equal(request.body?.toString("utf8"), body);
  }
  for (const { bt } of responses) {
    const response = decodeV4Response(Buffer.from(bt, "latin1"));
    assert.equal(response.code, 200);
    assert.deepEqual(JSON.parse(response.body.toString("utf8")), { id: 123 });
    assert.deepEqual(encodeV4Response(response), Buffer.from(bt, "latin1"));
  }
});

test("the derived onion over three nodes opens hop by hop and its recorded answer opens at the client", () => {
  const vector = storage.derived_3hop_snode_onion;
  const keys = vector.hops.map((hop) => ({ secret: hop.x25519_sec, public: hop.x25519_pub }));
  const opened = openOnion(hex(vector.http_post_body ?? ""), keys);
  assert.deepEqual(
    opened.map((layer) => layer.plaintext.toString("hex")),
    [vector.hop1_plaintext, vector.hop2_plaintext, vector.hop3_plaintext],
  );
  opened.forEach(({ layer }, index) => {
    assert.equal(layer.ephemeralKey.toString("hex"), vector.ephemeral[index]?.pub);
  });
  const [first, second, last] = opened.map(({ inner }) => inner);
  assert.ok(first?.kind === "node" && first.next === vector.hops[1]?.ed25519_id);
  assert.ok(second?.kind === "node" && second.next === vector.hops[2]?.ed25519_id);
  assert.ok(last?.kind === "final" && last.body.toString("utf8") === vector.final_body_utf8);
  const answer = decodeBase64(vector.response_http_body_base64 ?? "");
  const [ephemeral, destination] = [vector.ephemeral[2], vector.hops[2]];
  assert.ok(answer && ephemeral && destination);
  const key = clientChannelKey("xchacha20", hex(ephemeral.sec), hex(ephemeral.pub), hex(destination.x25519_pub));
  assert.equal(key.open(answer)?.toString("utf8"), vector.response_plaintext_utf8);
  assert.equal(opened[2]?.key.open(answer)?.toString("utf8"), vector.response_plaintext_utf8);
});

test("what the storage server's node-to-node example carries survives our hop frame", () => {
  const { fields, bt } = storage.derived_wire_examples.omq_onion_bt;
  const decoded = bdecode(hex(bt));
  assert.ok(decoded instanceof Map);
  assert.deepEqual(bencode(decoded), hex(bt));
  const frame = encodeHopFrame({
    encType: fields.enc_type as EncType,
    hopNo: fields.hop_no,
    ephemeralKey: decoded.get("ephemeral_key") as Buffer,
    ciphertext: decoded.get("data") as Buffer,
  });
  const back = decodeHopFrame(frame);
  assert.equal(back?.encType, "xchacha20");
  assert.equal(back?.hopNo, 1);
  assert.equal(back?.ephemeralKey.toString("hex"), fields.ephemeral_key);
  assert.equal(back?.ciphertext.toString("utf8"), fields.data_utf8);
});

test("onion v4 requests encode to the bytes of Session Desktop and decode back", () => {
  interface Entry {
    readonly request: { endpoint: string; method: string; headers: Record<string, string>; body?: string };
    readonly encoded_hex: string;
  }
  const vectors = clientVectors<Entry>("onion_v4_request_encoding");
  assert.equal(vectors.length, 2);
  for (const { request, encoded_hex } of vectors) {
    const { body, ...meta } = request;
    const full = body === undefined ? meta : { ...meta, body: hex(body) };
    assert.equal(encodeV4Request(full).toString("hex"), encoded_hex);
    assert.deepEqual(decodeV4Request(hex(encoded_hex)), full);
  }
});

test("an onion v4 response decodes as in Session Desktop", () => {
  const [vector] = clientVectors<{ input_hex: string; code: number; body: unknown }>("onion_v4_response_decoding");
  assert.ok(vector);
  const response = decodeV4Response(hex(vector.input_hex));
  assert.equal(response.code, vector.code);
  assert.deepEqual(JSON.parse(response.body.toString("utf8")), vector.body);
});

interface LibsessionOnion {
  readonly enc_type: EncType;
  readonly path: readonly RecordedNode[];
  readonly guard_request_hex: string;
  readonly client_final_eph_pubkey: string;
  readonly client_final_eph_seckey: string;
  readonly response_plaintext: string;
}

const layerKeys = (node: RecordedNode) => ({ secret: node.x25519_secret, public: node.pubkey_x25519 });

test("libsession's onions to a fourth node open and its answers open with the client's key", () => {
  interface Entry extends LibsessionOnion {
    readonly destination: RecordedNode;
    readonly request_json: string;
    readonly response_base64: string;
  }
  const vectors = clientVectors<Entry>("onion_v2_snode_dest");
  assert.equal(vectors.length, 2);
  for (const vector of vectors) {
    const nodes = [...vector.path, vector.destination];
    const opened = openOnion(hex(vector.guard_request_hex), nodes.map(layerKeys));
    opened.forEach(({ inner, layer }, index) => {
      assert.equal(layer.encType, vector.enc_type);
      if (inner.kind === "node") assert.equal(inner.next, nodes[index + 1]?.pubkey_ed25519);
    });
    const last = opened.at(-1);
    assert.ok(last?.inner.kind === "final");
    assert.equal(last.inner.body.toString("utf8"), vector.request_json);
    assert.equal(last.layer.ephemeralKey.toString("hex"), vector.client_final_eph_pubkey);
    const secret = hex(vector.client_final_eph_seckey);
    const destination = hex(vector.destination.pubkey_x25519);
    const key = clientChannelKey(vector.enc_type, secret, last.layer.ephemeralKey, destination);
    const answer = decodeBase64(vector.response_base64);
    assert.equal(answer && key.open(answer)?.toString("utf8"), vector.response_plaintext);
  }
});

test("libsession's onions to a server open up to the exit and at the server", () => {
  interface Entry extends LibsessionOnion {
    readonly server: {
      host: string;
      port: number;
      protocol: string;
      target: string;
      x25519_pubkey: string;
      x25519_secret: string;
    };
    readonly v4_plaintext_hex: string;
    readonly response_hex: string;
  }
  const vectors = clientVectors<Entry>("onion_v4_server_dest");
  assert.equal(vectors.length, 2);
  for (const { server, ...vector } of vectors) {
    const exit = openOnion(hex(vector.guard_request_hex), vector.path.map(layerKeys)).at(-1)?.inner;
    assert.ok(exit?.kind === "server");
    assert.equal(exit.host, server.host);
    assert.equal(exit.port, server.port);
    assert.equal(exit.protocol, server.protocol);
    assert.equal(exit.target, server.target);
    const request = parseOnionRequest(exit.plaintext);
    assert.equal(request.ephemeralKey.toString("hex"), vector.client_final_eph_pubkey);
    const [secret, own] = [hex(server.x25519_secret), hex(server.x25519_pubkey)];
    const key = serverChannelKey(request.encType, secret, own, request.ephemeralKey);
    const plain = key.open(request.ciphertext);
    assert.equal(plain?.toString("hex"), vector.v4_plaintext_hex);
    assert.equal(decodeV4Request(plain ?? Buffer.alloc(0)).endpoint, "/file");
    assert.equal(key.open(hex(vector.response_hex))?.toString("utf8"), vector.response_plaintext);
  }
});

test("Session Desktop's onions open hop by hop and are given the recorded roles", () => {
  interface Hop {
    readonly node: RecordedNode;
    readonly outerMeta: { ephemeral_key: string };
    readonly innerMeta: Readonly<Record<string, unknown>>;
    readonly innerLen: number;
  }
  interface Entry {
    readonly guard_request_hex: string;
    readonly hops: readonly Hop[];
    readonly final_body_json?: string;
    readonly final_relay?: {
      host: string;
      target: string;
      protocol: string;
      port: number;
      method: string;
      ephemeral_key: string;
    };
  }
  const vectors = clientVectors<Entry>("session_desktop_onion_request");
  assert.equal(vectors.length, 6);
  for (const vector of vectors) {
    const opened = openOnion(
      hex(vector.guard_request_hex),
      vector.hops.map((hop) => layerKeys(hop.node)),
    );
    opened.forEach(({ layer, inner, plaintext }, index) => {
      const hop = vector.hops[index];
      assert.equal(layer.ephemeralKey.toString("hex"), hop?.outerMeta.ephemeral_key);
      assert.equal(plaintext.readUInt32LE(0), hop?.innerLen);
      if (inner.kind === "node") assert.equal(inner.next, hop?.innerMeta.destination);
    });
    const last = opened.at(-1)?.inner;
    if (vector.final_body_json !== undefined) {
      assert.ok(last?.kind === "final");
      assert.equal(last.body.toString("utf8"), vector.final_body_json);
    } else {
      assert.ok(last?.kind === "server");
      const { host, target, protocol, port } = last;
      const { ephemeral_key: _key, method: _method, ...relay } = vector.final_relay ?? {};
      assert.deepEqual({ host, target, protocol, port }, relay);
    }
  }
});
