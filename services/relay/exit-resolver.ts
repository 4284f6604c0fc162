import type { promises } from "node:dns";
import type { Resolve } from "./exit-lookup.ts";

/** How long a name server is given, and how often it is asked. */
export const RESOLVER_OPTIONS = { timeout: 2_000, tries: 2 } as const;

/**
 * Resolves names that strangers choose: both kinds of addresses, those of IPv4 first. It asks the name servers itself instead of
 * having the system do so, because the system's look-ups share four threads: a few names whose servers never answer would
 * hold up every other name of the process. So the hosts file counts for nothing here.
 */
export function exitResolver(resolver: Pick<promises.Resolver, "resolve4" | "resolve6">): Resolve {
  return (hostname, _options, done) => {
    const of = async (asked: Promise<string[]>, family: number) =>
      (await asked).map((address) => ({ address, family }));
    void Promise.allSettled([of(resolver.resolve4(hostname), 4), of(resolver.resolve6(hostname), 6)]).then(
      (answers) => {
        const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
        const [failed] = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as Error] : []));
        done(found.length === 0 ? (failed ?? new Error("no address")) : null, found);
      },
    );
  };
}
