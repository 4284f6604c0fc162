export { runCommandLine } from "./command-line.ts";
export type { CommandContext } from "./command-context.ts";
export type { Terminal } from "./terminal.ts";
