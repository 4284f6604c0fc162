export { type Bus, type BusStats, MAX_PAYLOAD_BYTES, type MessageHandler, type Subscription } from "./bus.ts";
export { BusError, type BusErrorCode } from "./errors.ts";
export { MemoryBroker } from "./memory-broker.ts";
export { connectNats, type NatsOptions, openBus } from "./nats-bus.ts";
