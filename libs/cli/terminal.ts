/** What a command sees of the outside: tests give another one. */
export interface Terminal {
  /** Prints a line for people or programs. */
  readonly out: (line: string) => void;
  /** Prints a line that is no result: progress, warnings, errors. */
  readonly err: (line: string) => void;
  /** All of standard input, when a command asks for it. */
  readonly readInput: () => Promise<string>;
  /** A line typed without showing it; undefined when nobody sits there. */
  readonly askSecret: ((question: string) => Promise<string>) | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The terminal this process runs in. */
export function processTerminal(): Terminal {
  return {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${printable(line)}\n`), // Nodes' own words may be in it.
    readInput: readAll,
    askSecret: process.stdin.isTTY && process.stderr.isTTY ? askHidden : undefined,
    env: process.env,
  };
}

/**
 * Text of a stranger made fit for a terminal: control characters other than line breaks and tabs, which could move the
 * cursor or fake output, are shown as �; so are the marks that reorder text.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** As `printable` for what is named in the middle of a line: a line break in it would begin a line of its own. */
export function printableName(text: string): string {
  return printable(text).replaceAll("\n", "\ufffd");
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}

function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let typed = "";
  const finish = (): void => {
    process.stdin.off("data", listener).setRawMode(false).pause();
    process.stderr.write("\n");
  };
  const listener = (chunk: Buffer): void => {
    for (const key of chunk.toString("utf8")) {
      if (key === "\r" || key === "\n" || key === "\u0004") return (finish(), resolve(typed));
      if (key === "\u0003") return (finish(), reject(new Error("interrupted")));
      typed = key === "\u007f" || key === "\b" ? typed.slice(0, -1) : typed + key;
    }
  };
  process.stdin.setRawMode(true).resume().on("data", listener);
  return promise;
}
