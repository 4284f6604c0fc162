import { ed25519PublicToX25519, sign, signingKeyPairFromSeed } from "@swarmpost/crypto";
import { encodeBase64 } from "@swarmpost/encoding";
import { type AccountId, accountId } from "./account-id.ts";
import { type BatchRequest, parseRequest, type ParsedRequest } from "./request.ts";
import { RpcError } from "./rpc-error.ts";

/** An account whose keys the tests hold. */
export interface TestAccount {
  id: AccountId;
  ed25519Hex: string;
  /** Base64 signature by the account's own key. */
  sign(message: string | Uint8Array): string;
}

/** A Session account (05) or, with another netid, one whose ID is its Ed25519 key. */
export function testAccount(netid: "05" | "03", fill: number): TestAccount {
  const { publicKey, secretKey } = signingKeyPairFromSeed(Buffer.alloc(32, fill));
  const key = netid === "05" ? ed25519PublicToX25519(publicKey) : publicKey;
  if (!key) throw new Error("unreachable: a fresh key converts");
  return {
    id: accountId(netid + key.toString("hex")),
    ed25519Hex: publicKey.toString("hex"),
    sign: (message) => encodeBase64(sign(typeof message === "string" ? Buffer.from(message) : message, secretKey)),
  };
}

/** A subaccount of `owner`: the parameters that authorise it and its own signing function. */
export function testSubaccount(owner: TestAccount, options: { netid: number; flags: number }) {
  const { publicKey, secretKey } = signingKeyPairFromSeed(Buffer.alloc(32, 0x77));
  const token = Buffer.concat([Buffer.of(options.netid, options.flags, 0, 0), publicKey]);
  return {
    params: { subaccount: encodeBase64(token), subaccount_sig: owner.sign(token) },
    sign: (message: string) => encodeBase64(sign(Buffer.from(message), secretKey)),
  };
}

/** Parses a request given as an object. */
export function parse(method: string, params: unknown): ParsedRequest {
  return parseRequest(JSON.stringify({ method, params }));
}

/** What a request of method `M` parses to. */
type Parsed<M extends ParsedRequest["method"]> = M extends "batch" | "sequence"
  ? BatchRequest
  : Extract<ParsedRequest, { method: M }>;

/** Parses a request of a known method. */
export function parseAs<M extends ParsedRequest["method"]>(method: M, params: unknown): Parsed<M> {
  const request = parse(method, params);
  if (request.method !== method) throw new Error(`parsed as ${request.method}`);
  return request as Parsed<M>;
}

/** Status and body of the refusal that `act` throws, returns, or of none. */
export function refusal(act: () => unknown): [number, string] | undefined {
  try {
    const result = act();
    return result instanceof RpcError ? [result.status, result.body] : undefined;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return [error.status, error.body];
  }
}
