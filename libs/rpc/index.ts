// gRPC for control calls, links for everything hot. Only this package knows @grpc/grpc-js.

export { type RpcCode, RpcError } from "./rpc-error.ts";
export type { CallContext, CallOptions, Client, Handlers } from "./contract.ts";
export { GrpcServer, type GrpcServerOptions } from "./grpc-server.ts";
export { implement } from "./implement.ts";
export { type Channel, type ChannelOptions, openChannel } from "./channel.ts";
export { createClient } from "./client.ts";
export { type HttpsCertificate, httpsCertificate } from "./https-certificate.ts";
export { nodeCertificate } from "./node-certificate.ts";
export { LinkError, type LinkErrorCode, LinkRefusal } from "./link-error.ts";
export { MAX_FRAME_BYTES } from "./frame.ts";
export type { Link, LinkHandler, LinkLimits, LinkRequest, LinkRequestOptions, LinkState } from "./link.ts";
export { LocalLinkServer, type LocalLinkServerOptions } from "./local-link-server.ts";
export { type LocalLinkOptions, openLocalLink } from "./local-link.ts";
export { PeerServer, type PeerServerOptions } from "./peer-server.ts";
export type { PeerIdentity } from "./peer-identity.ts";
export {
  type FirstContact,
  type LinkedPeers,
  type PeerContact,
  PeerLinks,
  type PeerLinksOptions,
} from "./peer-links.ts";
