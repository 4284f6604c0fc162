import { readFileSync } from "node:fs";

/** Settings by key, as text. */
export type Settings = Readonly<Record<string, string | undefined>>;

const LINE = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/;

/**
 * Reads KEY=VALUE lines; empty lines and those that begin with # say nothing. A value is all after the first `=`, as it is:
 * there are no quotes and no continuations. What is wrong is added to `problems`, without the text of any line.
 */
export function readSettingsFile(path: string, problems: string[]): Settings {
  const settings: Record<string, string> = {};
  for (const [index, line] of linesOf(path, problems).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, key, value] = LINE.exec(line) ?? [];
    if (key === undefined || value === undefined) problems.push(`SETTINGS_FILE: line ${index + 1} is no KEY=VALUE`);
    else if (key in settings) problems.push(`SETTINGS_FILE: line ${index + 1} names ${key} a second time`);
    else settings[key] = value;
  }
  return settings;
}

function linesOf(path: string, problems: string[]): string[] {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/);
  } catch {
    problems.push("SETTINGS_FILE names a file that cannot be read");
    return [];
  }
}
