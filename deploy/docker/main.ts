// The entry point of the image: its first argument names the program, and only what that program needs is loaded.

const release = () => import("@swarmpost/release");
const runtime = () => import("@swarmpost/runtime");

/** Every program of the image. */
const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  relay: () => import("@swarmpost/relay/main.ts"),
  storage: () => import("@swarmpost/storage/main.ts"),
  "swarm-coordinator": () => import("@swarmpost/swarm-coordinator/main.ts"),
  "chain-watcher": () => import("@swarmpost/chain-watcher/main.ts"),
  "test-suite": () => import("@swarmpost/test-suite/main.ts"),
  "file-server": () => import("@swarmpost/file-server/main.ts"),
  chain: async () => (await runtime()).run("chain", (await release()).chainConfig, (await release()).createChain),
  prepare: async () => (await runtime()).runJob("prepare", (await release()).prepareConfig, (await release()).prepare),
  databases: async () =>
    (await runtime()).runJob("databases", (await release()).databasesConfig, (await release()).makeDatabases),
  register: async () =>
    (await runtime()).runJob("register", (await release()).registerConfig, (await release()).register),
  "message-test": async () =>
    (await runtime()).runJob("message-test", (await release()).messageTestConfig, (await release()).testMessage),
  "network-file": async () =>
    (await runtime()).runJob("network-file", (await release()).networkFileConfig, (await release()).printNetworkFile),
  cli: async () => {
    process.argv.splice(2, 1); // the command line's own arguments follow
    await import("@swarmpost/cli/main.ts");
  },
};

const name = process.argv[2] ?? "";
const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
if (program === undefined) {
  process.stderr.write(`the first argument must be one of: ${Object.keys(programs).join(", ")}\n`);
  process.exit(64);
}
await program();
