import type { FastifyInstance } from "fastify";
import { type InnerRequest, innerRequest } from "./inner-request.ts";

const WITH_BODY: readonly string[] = ["POST", "PUT", "PATCH"];

/**
 * Answers an opened v3 request, `{"endpoint", "method", "body"?, "headers"?}`: the body of a 200 as it is, anything else as
 * `{"status_code": n}`. The endpoint may lack its slash. Some clients send the body "null" where there is none. Source:
 * Session file server.
 */
export async function answerV3(plaintext: Buffer, server: FastifyInstance): Promise<Buffer> {
  const request = readRequest(plaintext);
  const answered = request && (await innerRequest(server, request));
  if (answered?.code === 200) return answered.body;
  return Buffer.from(JSON.stringify({ status_code: answered?.code ?? 400 }));
}

function readRequest(plaintext: Buffer): InnerRequest | undefined {
  const json = jsonOf(plaintext);
  if (typeof json !== "object" || json === null) return undefined;
  const { endpoint, method, body, headers } = json as Record<string, unknown>;
  if (typeof endpoint !== "string" || typeof method !== "string") return undefined;
  const text = body ?? "";
  if (typeof text !== "string") return undefined;
  const bodied = WITH_BODY.includes(method);
  if (!bodied && text !== "" && text !== "null") return undefined;
  return {
    method,
    endpoint: endpoint.startsWith("/") ? endpoint : `/${endpoint}`,
    headers: { "content-type": "application/json", ...textHeaders(headers) },
    body: bodied ? Buffer.from(text, "utf8") : undefined,
  };
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function textHeaders(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.toLowerCase(), String(field)]));
}
