import { eventually } from "@swarmpost/testkit";
import { busContract } from "./bus-contract.ts";
import { MemoryBroker } from "./memory-broker.ts";

busContract(
  "the in-memory broker",
  async () => {
    const broker = new MemoryBroker();
    return {
      connect: async () => broker.connect(),
      stop: async () => broker.stop(),
      start: async () => broker.start(),
      [Symbol.asyncDispose]: async () => {},
    };
  },
  eventually,
);
