import { fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type RegistryBlock,
  RegistryBlockSchema,
  type WatchBlocksRequest,
  type WatchBlocksResponseSchema,
} from "@swarmpost/protos";
import type { CallContext } from "@swarmpost/rpc";
import { hexToBytes } from "viem";
import type { Journal } from "./journal.ts";
import type { ChainWatcherMetrics } from "./metrics.ts";
import type { RegistryFeed } from "./registry-feed.ts";

type Response = MessageInitShape<typeof WatchBlocksResponseSchema>;

const pageSize = 500;

/**
 * ChainService.WatchBlocks: from Postgres up to the last final block, then again whenever that has moved. Every answer
 * comes from Postgres, so there is no seam between past and present at which a block could be lost.
 */
export class WatchBlocks {
  readonly #journal: Journal;
  readonly #feed: RegistryFeed;
  readonly #metrics: ChainWatcherMetrics["serving"];
  #streams = 0;

  constructor(journal: Journal, feed: RegistryFeed, metrics: ChainWatcherMetrics["serving"]) {
    this.#journal = journal;
    this.#feed = feed;
    this.#metrics = metrics;
  }

  /** Streams until the caller goes or the service ends. */
  async *handle(request: WatchBlocksRequest, call: CallContext): AsyncGenerator<Response> {
    this.#metrics.streams.set(++this.#streams);
    try {
      yield* this.#follow(request.fromHeight, call.signal);
    } finally {
      this.#metrics.streams.set(--this.#streams);
    }
  }

  async *#follow(fromHeight: bigint, signal: AbortSignal): AsyncGenerator<Response> {
    let next = fromHeight;
    for (;;) {
      const { cursor } = await this.#feed.past(next - 1n, signal);
      for await (const block of this.#changes(next, cursor.height)) {
        yield { block };
        next = block.height + 1n;
      }
      // Nothing more up to the head: say so, unless the last change was the head itself.
      if (next <= cursor.height) yield { block: { height: cursor.height, hash: hexToBytes(cursor.hash) } };
      next = cursor.height + 1n;
    }
  }

  async *#changes(from: bigint, to: bigint): AsyncGenerator<RegistryBlock> {
    let next = from;
    for (;;) {
      const page = await this.#journal.changes(next, to, pageSize);
      for (const { height, change } of page) {
        yield fromBinary(RegistryBlockSchema, change);
        next = height + 1n;
      }
      if (page.length < pageSize) return;
    }
  }
}
