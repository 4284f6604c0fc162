import { Metadata, Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";

/** Path of the link's stream. */
export const LINK_PATH = "/swarmpost.link.v1.LinkService/Link";

type RawCall = ServerDuplexStream<Buffer, Buffer>;

/** Bytes as they are. */
export const raw = (bytes: Buffer): Buffer => bytes;

/** A server of messages by hand, for tests of a caller: it accepts each stream with `accepted` and hands on what comes. */
export async function rawLinkServer(
  take: (message: Buffer, call: RawCall) => void,
  accepted = new Metadata(),
): Promise<{ readonly address: string } & Disposable> {
  const server = new Server();
  const streams = { path: LINK_PATH, requestStream: true, responseStream: true };
  const codec = { requestSerialize: raw, requestDeserialize: raw, responseSerialize: raw, responseDeserialize: raw };
  const link = (call: RawCall): void => {
    call.sendMetadata(accepted);
    call.on("data", (message: Buffer) => take(message, call));
    call.on("error", () => {});
  };
  server.addService({ link: { ...streams, ...codec } }, { link });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, [Symbol.dispose]: () => server.forceShutdown() };
}
