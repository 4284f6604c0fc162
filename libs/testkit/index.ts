export { type Anvil, type AnvilOptions, startAnvil } from "./anvil.ts";
export { type GuardedOptions, type GuardedProcess, startGuarded } from "./guarded-process.ts";
export { sparePort } from "./spare-port.ts";
