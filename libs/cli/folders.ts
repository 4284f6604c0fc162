import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Terminal } from "./terminal.ts";

/** Where identities are kept: `$XDG_DATA_HOME/swarmpost/identities` (~/.local/share by default). */
export function identityFolder(terminal: Terminal): string {
  return join(base(terminal, "XDG_DATA_HOME", ".local/share"), "swarmpost", "identities");
}

/** Where groups are kept, a sealed file an account: `$XDG_DATA_HOME/swarmpost/groups`. */
export function groupFolder(terminal: Terminal): string {
  return join(base(terminal, "XDG_DATA_HOME", ".local/share"), "swarmpost", "groups");
}

/** Where guards and the local network's file are kept: `$XDG_STATE_HOME/swarmpost` (~/.local/state by default). */
export function stateFolder(terminal: Terminal): string {
  return join(base(terminal, "XDG_STATE_HOME", ".local/state"), "swarmpost");
}

/** The XDG rule: a relative path in the variable is ignored. */
function base({ env }: Terminal, variable: string, fallback: string): string {
  const value = env[variable];
  if (value !== undefined && isAbsolute(value)) return value;
  return join(env["HOME"] ?? homedir(), fallback);
}
