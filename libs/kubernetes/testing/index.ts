export { type ApiCall, permits, readCall, type Rule } from "./api-call.ts";
export { type Fault, startApiServer, TestApiServer } from "./api-server.ts";
export type { ApiObject, ObjectStore } from "./object-store.ts";
