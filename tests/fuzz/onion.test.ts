import { test } from "node:test";
import { frame } from "@swarmpost/encoding";
import { fuzz } from "@swarmpost/testkit";
import {
  decodeHopFrame,
  decodeV4Request,
  decodeV4Response,
  encodeHopFrame,
  encodeV4Request,
  encodeV4Response,
  OnionError,
  parseInner,
  parseOnionRequest,
} from "@swarmpost/onion";

const key = "ab".repeat(32);
const documented = (error: unknown) => error instanceof OnionError;

test("the door of the onion bears any bytes", async () => {
  const corpus = [
    frame(Buffer.alloc(60, 1), JSON.stringify({ ephemeral_key: key })),
    frame(Buffer.alloc(60, 1), JSON.stringify({ ephemeral_key: key, enc_type: "xchacha20", hop_no: 3 })),
  ];
  await fuzz({ corpus, parse: parseOnionRequest, documented });
});

test("an opened layer may hold any bytes", async () => {
  const corpus = [
    frame(Buffer.from("{}"), JSON.stringify({ headers: "" })),
    frame(Buffer.from("{}"), JSON.stringify({ headers: {}, body: null, json: true, base64: false })),
    frame(Buffer.alloc(9), JSON.stringify({ host: "h.example", target: "/oxen/v4/lsrpc", port: 80, protocol: "http" })),
    frame(Buffer.alloc(9), JSON.stringify({ destination: key, ephemeral_key: key, enc_type: "aes-gcm" })),
  ];
  await fuzz({ corpus, parse: parseInner, documented });
});

test("v4 requests and answers may hold any bytes", async () => {
  const headers = { "content-type": "application/json" };
  const requests = [
    encodeV4Request({ method: "POST", endpoint: "/file", headers, body: Buffer.from("x") }),
    encodeV4Request({ method: "GET", endpoint: "/a?b=c", headers: {} }),
  ];
  await fuzz({ corpus: requests, parse: decodeV4Request, documented });
  const answers = [encodeV4Response({ code: 200, headers, body: Buffer.from("{}") })];
  await fuzz({ corpus: answers, parse: decodeV4Response, documented });
});

test("a frame between hops may hold any bytes", async () => {
  const layer = { ephemeralKey: Buffer.from(key, "hex"), ciphertext: Buffer.alloc(70, 5) };
  const corpus = (["aes-gcm", "aes-cbc", "xchacha20"] as const).map((encType) =>
    encodeHopFrame({ ...layer, encType, hopNo: 2 }),
  );
  await fuzz({ corpus, parse: decodeHopFrame, documented });
});
