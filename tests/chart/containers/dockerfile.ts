import { readFileSync } from "node:fs";

/** What the last stage of a Dockerfile says about how its image is started. */
export interface ImageRecipe {
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
}

/** Reads the stage that is built by default: the last one. @throws Error when it has no ENTRYPOINT in exec form */
export function readRecipe(path: string): ImageRecipe {
  const text = readFileSync(path, "utf8").replaceAll(/\\\n\s*/g, " ");
  const stages = text.split(/^(?=FROM )/m);
  const lines = stages.at(-1)!.split("\n");
  const last = (word: string): string | undefined =>
    lines
      .findLast((line) => line.startsWith(`${word} `))
      ?.slice(word.length + 1)
      .trim();
  const entrypoint = last("ENTRYPOINT");
  if (entrypoint?.startsWith("[") !== true) throw new Error(`${path}: no ENTRYPOINT in exec form`);
  const env = lines
    .filter((line) => line.startsWith("ENV "))
    .flatMap((line) => [...line.matchAll(/([A-Z_][A-Z0-9_]*)=("[^"]*"|\S+)/g)])
    .map(([, key = "", value = ""]) => [key, value.replaceAll('"', "")]);
  return {
    entrypoint: JSON.parse(entrypoint) as string[],
    env: Object.fromEntries(env) as Record<string, string>,
    workdir: last("WORKDIR") ?? "/",
    user: last("USER") ?? "",
  };
}
