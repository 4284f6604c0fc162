import { ReleaseError } from "./errors.ts";

/** Asks one endpoint after the other until one answers. @throws ReleaseError `chain` with the last one's reason */
export async function firstAnswer<T>(urls: readonly string[], ask: (url: string) => Promise<T>): Promise<T> {
  let last: unknown = new Error("no endpoint is given");
  for (const url of urls) {
    try {
      return await ask(url);
    } catch (error) {
      last = error;
    }
  }
  throw new ReleaseError("chain", `no endpoint of the chain answers: ${(last as Error).message}`, { cause: last });
}
