import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** A compiled contract. */
export interface CompiledContract {
  readonly contractName: string;
  readonly abi: unknown;
  /** Creation code, `0x…`. */
  readonly bytecode: string;
}

interface CompilerOutput {
  errors?: { formattedMessage: string }[];
  contracts?: Record<string, Record<string, { abi: unknown; evm: { bytecode: { object: string } } }>>;
}

/**
 * Compiles Solidity with the solc package, for chains since the merge ("paris": no PUSH0, which some L2s lack).
 * @param sources contract name → text of the file that holds it; imports are found among the installed packages.
 * @returns the compiler's version and one contract for each source, in their order.
 * @throws Error with the compiler's messages when a source does not compile without a warning.
 */
export function compileSolidity(sources: Readonly<Record<string, string>>): {
  compiler: string;
  contracts: CompiledContract[];
} {
  const solc = require("solc");
  const names = Object.keys(sources);
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(names.map((name) => [`${name}.sol`, { content: sources[name] }])),
    settings: {
      evmVersion: "paris",
      optimizer: { enabled: true, runs: 200 },
      metadata: { bytecodeHash: "none" },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  };
  const output: CompilerOutput = JSON.parse(solc.compile(JSON.stringify(input), { import: resolveImport }));
  if (output.errors?.length) throw new Error(output.errors.map((error) => error.formattedMessage).join("\n"));
  const contracts = names.map((contractName) => {
    const contract = output.contracts?.[`${contractName}.sol`]?.[contractName];
    if (!contract) throw new Error(`the compiler gave no ${contractName}`);
    return { contractName, abi: contract.abi, bytecode: `0x${contract.evm.bytecode.object}` };
  });
  return { compiler: solc.version(), contracts };
}

function resolveImport(path: string): { contents: string } | { error: string } {
  try {
    return { contents: readFileSync(require.resolve(path), "utf8") };
  } catch {
    return { error: `${path} not found` };
  }
}
