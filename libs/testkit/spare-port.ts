import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below the range that the system takes outgoing connections from, so that a stopped server finds its port free again.
const FIRST = 23_000;
const LAST = 31_999;
const given = new Set<number>();

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A TCP port of 127.0.0.1 that is free now and was not given before by this process. */
export async function sparePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}
