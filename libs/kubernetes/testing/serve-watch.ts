import type { ServerResponse } from "node:http";
import { type ApiCall, selected } from "./api-call.ts";
import type { ObjectStore, StoreEvent } from "./object-store.ts";

/** Streams the changes of a watch until its time is over or the caller leaves. @throws StoreRefusal 410 */
export function serveWatch(objects: ObjectStore, call: ApiCall, response: ServerResponse): void {
  const from = Number(call.query.get("resourceVersion") ?? objects.version);
  const missed = objects.since(from);
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  const tell = (event: StoreEvent): void => {
    const line = lineOf(event, call);
    if (line !== undefined) response.write(`${JSON.stringify(line)}\n`);
  };
  for (const event of missed) tell(event);
  const listening = objects.onChange(tell);
  const seconds = Number(call.query.get("timeoutSeconds") ?? "300");
  const timer = setTimeout(() => response.end(), seconds * 1000);
  response.on("close", () => {
    listening[Symbol.dispose]();
    clearTimeout(timer);
  });
}

/** To a watch with a selector an object that begins to match is added, one that no longer does is deleted. */
function lineOf(event: StoreEvent, { resource, query }: ApiCall): object | undefined {
  if (event.resource !== resource) return undefined;
  const selector = query.get("labelSelector");
  const before = event.before !== undefined && selected(event.before.metadata.labels, selector);
  const after = event.after !== undefined && selected(event.after.metadata.labels, selector);
  if (!before && !after) return undefined;
  const type = !after ? "DELETED" : before ? "MODIFIED" : "ADDED";
  const object = event.after ?? event.before;
  const metadata = { ...object?.metadata, resourceVersion: String(event.version) };
  return { type, object: { ...object, metadata } };
}
