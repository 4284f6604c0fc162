import { configTypes, defineConfig } from "@swarmpost/runtime";
import { z } from "zod";

/** Comma separated texts. */
export const textList = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);

/** Comma separated `name=value`, in their order. */
export const pairList = textList.transform((items, context): (readonly [name: string, value: string])[] =>
  items.map((item) => {
    const at = item.indexOf("=");
    if (at < 1) context.addIssue({ code: "custom", message: "each must be name=value" });
    return [item.slice(0, Math.max(at, 0)), item.slice(at + 1)] as const;
  }),
);

/** JSON `{"server": [ordinals]}`. */
export const serverMap = z.string().transform((text, context): ReadonlyMap<string, readonly number[]> => {
  const shape = z.record(z.string(), z.array(z.number().int().min(0)));
  try {
    return new Map(Object.entries(shape.parse(JSON.parse(text))));
  } catch {
    context.addIssue({ code: "custom", message: 'must be JSON like {"server":[0,1]}' });
    return new Map();
  }
});

/** An address on an EVM chain. */
export const evmAddress = z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]{40}$/)]);

/** Rows about the chain, for jobs that ask it. */
export const chainRows = defineConfig({
  CHAIN_RPC_URLS: {
    schema: textList,
    doc: "JSON-RPC endpoints of the chain, separated by commas; the first that answers is used.",
    secret: true,
  },
  CHAIN_CONTRACT: { schema: evmAddress, doc: "Address of the staking contract." },
});

/** Rows about the release, for jobs that make or read its objects. */
export const releaseRows = defineConfig({
  POD_NAMESPACE: { schema: configTypes.text, doc: "Namespace of the release." },
  FULLNAME: { schema: configTypes.text, doc: "What the names of the release's objects begin with." },
});
