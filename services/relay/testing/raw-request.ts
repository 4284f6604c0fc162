import { once } from "node:events";
import { connect } from "node:tls";

/**
 * Writes raw HTTP to a relay's client port and returns everything it says until the connection ends.
 * @param parts written one after the other; a promise among them is waited for.
 */
export async function rawRequest(
  port: number,
  parts: readonly (string | Buffer | Promise<unknown>)[],
  options: { readonly end?: boolean } = {},
): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  const closed = once(socket, "close");
  await once(socket, "secureConnect");
  for (const part of parts) {
    if (part instanceof Promise) await part;
    else socket.write(part);
  }
  if (options.end) socket.destroy();
  await closed;
  return said;
}
