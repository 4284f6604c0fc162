import { Command, CommanderError } from "commander";
import { ClientError } from "@swarmpost/client";
import { CliError } from "./cli-error.ts";
import type { CommandContext } from "./command-context.ts";
import { EXIT_CODES, exitCode } from "./exit-code.ts";
import { oneLine } from "./failure-line.ts";
import { addGroups } from "./group-command-line.ts";
import { idNew, idRestore, idShow } from "./id-command.ts";
import { read, send } from "./message-command.ts";
import { netUp } from "./net-command.ts";
import { nodes, path, swarm } from "./network-command.ts";

/** Runs one command line (without `node` and the script); the exit code. Errors are one line on standard error. */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  const { terminal } = context;
  try {
    await commands(context).parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      const what = error.code === "commander.help" ? "which command?" : error.message.replace(/^error: /, "");
      terminal.err(`swarmpost: ${oneLine(new Error(what))}; see: swarmpost --help`);
      return 2;
    }
    const why: unknown = context.signal.aborted ? context.signal.reason : error;
    terminal.err(`swarmpost: ${describe(why)}`);
    return exitCode(why);
  }
}

/** Lets go of a command at once when someone interrupts it; what it waits for is dropped with the process. */
async function quick<T>({ signal }: CommandContext, command: Promise<T>): Promise<T> {
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  const listener = (): void => reject(signal.reason);
  signal.addEventListener("abort", listener, { once: true });
  try {
    return await Promise.race([command, interrupted]);
  } finally {
    signal.removeEventListener("abort", listener);
  }
}

/** Errors of ours say everything in their message; of others the cause may say more. */
function describe(error: unknown): string {
  const own = error instanceof CliError || error instanceof ClientError;
  return own ? error.message : oneLine(error);
}

function commands(context: CommandContext): Command {
  const program = new Command("swarmpost")
    .description("Send and read messages over a swarmpost network, or run one on this machine.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.out(text.trimEnd()),
      writeErr: () => undefined,
    })
    .addHelpText("after", `\n${EXIT_CODES}`);
  sharedOptions(program);
  addNet(program, context);
  addId(program, context);
  addMessages(program, context);
  addGroups(program, context, quick);
  addNetworkQuestions(program, context);
  return program;
}

function sharedOptions(program: Command): void {
  const collect = (value: string, seeds: readonly string[] = []): string[] => [...seeds, value];
  program
    .option("--json", "print one JSON object (or one a message with --follow)")
    .option("--seed <url>", "a seed, https://host:port or KEY@host:port; may come several times", collect)
    .option("--seed-key <hex>", "the Ed25519 key of the one --seed")
    .option("--network <file>", "network file with the seeds and their keys")
    .option("--insecure", "believe seeds without a key")
    .option("--name <name>", "which identity", "default")
    .option("--passphrase-file <file>", "first line is the identity's passphrase");
}

function addNet(program: Command, context: CommandContext): void {
  program
    .command("net")
    .description("run a network")
    .command("up")
    .description("start a whole network on this machine; it stays until interrupted")
    .option("--nodes <n>", "service nodes", "14")
    .option("--clusters <n>", "operators, each with services of its own", "1")
    .option("--processes", "a process for each service, on real NATS and Redis")
    .option("--nats <url>", "use this NATS server")
    .option("--redis <url>", "use this Redis server")
    .option("--postgres <url>", "use this Postgres server")
    .option("--chain <url>", "use this EVM chain")
    .action((_options, command: Command) => netUp(context, command.optsWithGlobals()));
}

function addId(program: Command, context: CommandContext): void {
  const id = program.command("id").description("identities of this computer");
  id.command("new")
    .description("make an account and show its recovery phrase")
    .option("--encrypt", "ask for a passphrase and keep the identity encrypted")
    .action((_options, command: Command) => quick(context, idNew(context, command.optsWithGlobals())));
  id.command("restore")
    .description("keep the account of a recovery phrase: from standard input, a file, or the arguments")
    .argument("[words...]", "the phrase; a shell may keep it in its history")
    .option("--phrase-file <file>", "file with the phrase")
    .option("--encrypt", "ask for a passphrase and keep the identity encrypted")
    .action((words: string[], _options, command: Command) =>
      quick(context, idRestore(context, words, command.optsWithGlobals())),
    );
  id.command("show")
    .description("show the account ID")
    .option("--phrase", "show the recovery phrase too")
    .action((_options, command: Command) => quick(context, idShow(context, command.optsWithGlobals())));
}

function addMessages(program: Command, context: CommandContext): void {
  program
    .command("send")
    .description("send a text; done once a majority of the recipient's swarm holds it")
    .argument("<account id>", "who to write to")
    .argument("[text]", "what to write; - reads standard input")
    .option("--file <file>", "send this file's text")
    .option("--attach <file...>", "attach these files, by the network's file server")
    .option("--copy", "leave a copy for your own other devices")
    .action((to: string, text: string | undefined, _options, command: Command) =>
      quick(context, send(context, to, text, command.optsWithGlobals())),
    );
  program
    .command("read")
    .description("read the inbox")
    .option("--follow", "go on reading until interrupted")
    .option("--save <folder>", "download attached files into this folder")
    .action(async (options: { follow?: boolean }, command: Command) => {
      const reading = read(context, command.optsWithGlobals());
      await (options.follow === true ? reading : quick(context, reading));
    });
}

function addNetworkQuestions(program: Command, context: CommandContext): void {
  program
    .command("nodes")
    .description("list the network's nodes")
    .action((_options, command: Command) => quick(context, nodes(context, command.optsWithGlobals())));
  program
    .command("swarm")
    .description("list the nodes that keep an account's messages")
    .argument("<account id>", "whose")
    .action((account: string, _options, command: Command) =>
      quick(context, swarm(context, account, command.optsWithGlobals())),
    );
  program
    .command("path")
    .description("build a path of three nodes and show it")
    .action((_options, command: Command) => quick(context, path(context, command.optsWithGlobals())));
}
