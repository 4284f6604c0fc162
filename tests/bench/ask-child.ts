import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Sends an order to a forked process and gives its one answer. @throws TypeError when the process ends instead. */
export async function askChild<Result>(child: ChildProcess, order: object): Promise<Result> {
  const ended = new AbortController();
  const gone = once(child, "exit", { signal: ended.signal }).then(() => {
    throw new TypeError("the process of clients ended");
  });
  child.send(order);
  try {
    const [result] = (await Promise.race([once(child, "message"), gone])) as [Result];
    return result;
  } finally {
    ended.abort();
    await gone.catch(() => undefined);
  }
}
