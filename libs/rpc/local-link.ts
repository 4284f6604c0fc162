import { Client, credentials } from "@grpc/grpc-js";
import { LINK_CLIENT_OPTIONS, openStream } from "./connection.ts";
import { MAX_MESSAGE_BYTES } from "./frame.ts";
import type { Link, LinkLimits } from "./link.ts";
import { LinkClient } from "./link-client.ts";

/** Bounds of a link inside the pod; it stays open for ever unless `idleMs` is given. */
export type LocalLinkOptions = LinkLimits;

/** Opens a link to a LocalLinkServer at `host:port`. Never fails and does not wait: the first request connects. */
export function openLocalLink(address: string, options: LocalLinkOptions = {}): Link {
  const dial = (signal: AbortSignal) => {
    const client = new Client(address, credentials.createInsecure(), {
      ...LINK_CLIENT_OPTIONS,
      "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
      "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    });
    return openStream(client, signal);
  };
  return new LinkClient(dial, { idleMs: 0, backoffMs: { min: 50, max: 1_000 }, ...options });
}
