import { fromBinary } from "@bufbuild/protobuf";
import type { Bus } from "@swarmpost/bus";
import {
  ChainService,
  ProofsChangedSchema,
  ProofService,
  RegistryChangedSchema,
  SwarmMapChangedSchema,
  SwarmService,
} from "@swarmpost/protos";
import { type ChannelOptions, createClient, openChannel } from "@swarmpost/rpc";
import type { Runtime } from "@swarmpost/runtime";
import { composeView } from "./build-view.ts";
import { ContactBook } from "./contact-book.ts";
import { MapBook } from "./map-book.ts";
import { PullLoop } from "./pull-loop.ts";
import { RegistryBook } from "./registry-book.ts";
import { ViewCell } from "./view-cell.ts";
import type { ViewFollower } from "./view-follower.ts";

/** Where the sources of a view are; addresses are `host:port` of gRPC servers. */
export interface FollowOptions {
  readonly chainWatcherAddress: string;
  readonly coordinatorAddress: string;
  readonly testSuiteAddress: string;
  /** What this service shows them and whom it believes, PEM; plain when absent. */
  readonly tls?: ChannelOptions["tls"];
  /** Brings changes at once. Stays the caller's: it is not disposed with the follower. */
  readonly bus: Bus;
  /** How often each source is asked whether or not the bus said something; 30 s by default. */
  readonly pullIntervalMs?: number;
  /** How long an uptime proof is valid; 2 h 5 min by default (oxen-core `UPTIME_PROOF_VALIDITY`). */
  readonly proofLifetimeMs?: number;
}

/** One source: how it is pulled, and what a message of the bus about it does. */
interface Source {
  readonly name: string;
  readonly subject: string;
  /** Whether it has ever said all there is. */
  readonly known: () => boolean;
  /** Both return whether the view changes, and throw for what they cannot read. */
  readonly pull: (signal: AbortSignal) => Promise<boolean>;
  readonly hint: (payload: Uint8Array) => boolean;
}

const PULL_DEADLINE_MS = 5_000;

/**
 * Follows the network: asks chain-watcher, swarm-coordinator and test-suite at start, again every `pullIntervalMs` and
 * after the bus was away, and takes changes from the bus in between. Waits for the first attempts only: a source that is
 * down delays the start by 5 s at most, and shows in `ready()`.
 */
export async function followNetwork(options: FollowOptions, { runtime }: { runtime: Runtime }): Promise<ViewFollower> {
  await using stack = new AsyncDisposableStack();
  const books = {
    registry: new RegistryBook(),
    maps: new MapBook(),
    proofs: new ContactBook({ lifetimeMs: options.proofLifetimeMs ?? 125 * 60_000 }),
  };
  const cell = new ViewCell((before) =>
    composeView(
      {
        registry: books.registry.registry,
        map: books.maps.map,
        previousMap: books.maps.previous,
        contacts: books.proofs.contacts,
        expired: books.proofs.expired,
      },
      before,
    ),
  );
  const sources = [
    registrySource(options, books.registry, stack),
    mapSource(options, books.maps, stack),
    proofSource(options, books.proofs, { stack, runtime, cell }),
  ];
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, runtime.signal]);
  const loops = sources.map((source) => pullLoop(source, options, { cell, runtime, signal }));
  for (const [index, source] of sources.entries())
    stack.use(await options.bus.subscribe(source.subject, hintHandler(source, loops[index] as PullLoop, cell)));
  options.bus.onReconnect(() => loops.forEach((loop) => loop.wake()));
  const running = Promise.all(loops.map((loop) => loop.run()));
  stack.defer(async () => {
    stop.abort();
    await running;
    cell.stop();
  });
  await Promise.all(loops.map((loop) => loop.attempted));
  cell.flush();
  return follower(cell, sources, stack.move());
}

function follower(cell: ViewCell, sources: readonly Source[], parts: AsyncDisposableStack): ViewFollower {
  return {
    get current() {
      return cell.current;
    },
    get previousMap() {
      return cell.current.previousMap;
    },
    onChange: (listener) => cell.onChange(listener),
    ready() {
      const silent = sources.filter((source) => !source.known()).map((source) => source.name);
      return silent.length === 0 ? undefined : `no answer yet from ${silent.join(", ")}`;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function pullLoop(
  source: Source,
  options: FollowOptions,
  { cell, runtime, signal }: { cell: ViewCell; runtime: Runtime; signal: AbortSignal },
): PullLoop {
  const pull = async (aborted: AbortSignal): Promise<void> => {
    if (await source.pull(aborted)) cell.touch();
  };
  const { logger } = runtime;
  return new PullLoop({ source: source.name, intervalMs: options.pullIntervalMs ?? 30_000, pull }, { logger, signal });
}

/** What cannot be read on the bus is asked for over gRPC instead. */
function hintHandler(source: Source, loop: PullLoop, cell: ViewCell): (payload: Buffer) => void {
  return (payload) => {
    try {
      if (source.hint(payload)) cell.touch();
    } catch {
      loop.wake();
    }
  };
}

function registrySource(options: FollowOptions, book: RegistryBook, stack: AsyncDisposableStack): Source {
  const client = createClient(ChainService, stack.use(openChannel(options.chainWatcherAddress, options)));
  return {
    name: "chain-watcher",
    subject: "swarmpost.chain.registry",
    known: () => book.registry !== undefined,
    pull: async (signal) =>
      book.take((await client.getRegistry({}, { signal, deadlineMs: PULL_DEADLINE_MS })).registry),
    hint: (payload) => book.take(fromBinary(RegistryChangedSchema, payload).registry),
  };
}

function mapSource(options: FollowOptions, book: MapBook, stack: AsyncDisposableStack): Source {
  const client = createClient(SwarmService, stack.use(openChannel(options.coordinatorAddress, options)));
  return {
    name: "swarm-coordinator",
    subject: "swarmpost.swarm.map",
    known: () => book.known,
    pull: async (signal) => {
      const { map, previous } = await client.getMap({}, { signal, deadlineMs: PULL_DEADLINE_MS });
      return book.take(map, previous);
    },
    hint: (payload) => {
      const { map, previous } = fromBinary(SwarmMapChangedSchema, payload);
      return book.take(map, previous);
    },
  };
}

function proofSource(
  options: FollowOptions,
  book: ContactBook,
  { stack, runtime, cell }: { stack: AsyncDisposableStack; runtime: Runtime; cell: ViewCell },
): Source {
  const client = createClient(ProofService, stack.use(openChannel(options.testSuiteAddress, options)));
  return {
    name: "test-suite",
    subject: "swarmpost.proof.changed",
    known: () => book.known,
    pull: async (signal) => {
      try {
        const { proofs } = await client.getProofs({}, { signal, deadlineMs: PULL_DEADLINE_MS });
        return book.replace(proofs, runtime.clock.now());
      } catch (error) {
        // Proofs run out whether or not test-suite is there to say so.
        if (book.age(runtime.clock.now())) cell.touch();
        throw error;
      }
    },
    hint: (payload) => {
      const { accepted, dropped } = fromBinary(ProofsChangedSchema, payload);
      const changed = book.accept(accepted);
      return book.drop(dropped) || changed;
    },
  };
}
