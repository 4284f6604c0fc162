import { readFileSync } from "node:fs";
import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { readSettingsFile, type Settings } from "./settings-file.ts";

/** One row of a service's configuration table. */
export interface ConfigEntry<Z extends z.ZodType = z.ZodType> {
  /** Reads the text of the environment variable; see `configTypes` for the usual ones. */
  readonly schema: Z;
  /** One sentence for operators. The unit is in the key (`_MS`, `_BYTES`, `_SECONDS`). */
  readonly doc: string;
  /** The value when the variable is missing or empty. Without one the key is required, unless the schema is optional. */
  readonly default?: z.output<Z>;
  /** Can also be read from the file named by `KEY_FILE`; its value is never shown. */
  readonly secret?: true;
}

/** A service's configuration table. */
export type ConfigSchema = { readonly [key: string]: ConfigEntry };
/** The values that a table describes. */
export type ConfigOf<S extends ConfigSchema> = { readonly [K in keyof S]: z.output<S[K]["schema"]> };

/** Declares a configuration table; gives `default` the type of its schema. */
export function defineConfig<const S extends { readonly [key: string]: z.ZodType }>(
  entries: {
    readonly [K in keyof S]: ConfigEntry<S[K]>;
  },
): { readonly [K in keyof S]: ConfigEntry<S[K]> } {
  return entries;
}

function isUrl(text: string, schemes: readonly string[]): boolean {
  return URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1));
}

/** The usual types of configuration values, read from text. */
export const configTypes = {
  text: z.string().min(1),
  flag: z.stringbool(),
  port: z.coerce.number().int().min(0).max(65_535),
  integer: (min: number, max = Number.MAX_SAFE_INTEGER) => z.coerce.number().int().min(min).max(max),
  oneOf: <const V extends readonly [string, ...string[]]>(...values: V) => z.enum(values),
  /** A URL with one of the given schemes, kept as text. */
  url: (...schemes: string[]) =>
    z.string().refine((text) => isUrl(text, schemes), {
      message: `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
    }),
  /** The same, or several separated by commas, kept as text. */
  urls: (...schemes: string[]) =>
    z.string().refine((text) => text.split(",").every((url) => isUrl(url.trim(), schemes)), {
      message: `must be URLs, separated by commas, that begin with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
    }),
} as const;

/** Where a setting is looked for: the environment first, then the settings file, which has a note for messages. */
interface Source {
  readonly settings: Settings;
  readonly note: string;
}

interface Found {
  readonly text: string;
  readonly note: string;
}

/** The text of one key: the setting itself, or for a secret the contents of the file that `KEY_FILE` names. */
function read(key: string, entry: ConfigEntry, sources: readonly Source[], problems: string[]): Found | undefined {
  for (const { settings, note } of sources) {
    const direct = settings[key];
    if (direct !== undefined && direct !== "") return { text: direct, note };
    const file = entry.secret === true ? settings[`${key}_FILE`] : undefined;
    if (file === undefined || file === "") continue;
    try {
      return { text: readFileSync(file, "utf8").replace(/\r?\n$/, ""), note };
    } catch {
      problems.push(`${key}_FILE${note} names a file that cannot be read`);
      return undefined;
    }
  }
  return undefined;
}

function sourcesOf(env: Settings, problems: string[]): Source[] {
  const environment = { settings: env, note: "" };
  const path = env.SETTINGS_FILE;
  if (path === undefined || path === "") return [environment];
  return [environment, { settings: readSettingsFile(path, problems), note: " (in SETTINGS_FILE)" }];
}

/**
 * Reads a configuration from environment variables, and from the file that SETTINGS_FILE names those that the environment
 * leaves out; empty ones count as missing. Throws one `ConfigError` with all problems.
 */
export function parseConfig<S extends ConfigSchema>(schema: S, env: Settings): ConfigOf<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const sources = sourcesOf(env, problems);
  for (const [key, entry] of Object.entries(schema)) {
    const before = problems.length;
    const found = read(key, entry, sources, problems);
    if (problems.length > before) continue;
    if (found === undefined) {
      if (entry.default !== undefined) values[key] = entry.default;
      else if (!(entry.schema instanceof z.ZodOptional)) problems.push(`${key} is required (${entry.doc})`);
      continue;
    }
    const parsed = entry.schema.safeParse(found.text);
    if (parsed.success) values[key] = parsed.data;
    else problems.push(`${key}${found.note}: ${parsed.error.issues.map((issue) => issue.message).join(", ")}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as ConfigOf<S>;
}
