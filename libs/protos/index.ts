// Generated code from protos/, by subject. Regenerate with `npm run generate`.

export type {
  RegisteredNode,
  Registry,
  RegistryBlock,
  GetRegistryRequest,
  GetRegistryResponse,
  WatchBlocksRequest,
  WatchBlocksResponse,
  RegistryChanged,
} from "./gen/swarmpost/chain/v1/chain_pb.js";

export {
  RegisteredNodeSchema,
  RegistrySchema,
  RegistryBlockSchema,
  GetRegistryRequestSchema,
  GetRegistryResponseSchema,
  WatchBlocksRequestSchema,
  WatchBlocksResponseSchema,
  RegistryChangedSchema,
  ChainService,
} from "./gen/swarmpost/chain/v1/chain_pb.js";

export type {
  LinkRequest,
  LinkResponse,
} from "./gen/swarmpost/link/v1/link_pb.js";

export {
  LinkRequestSchema,
  LinkResponseSchema,
  LinkService,
} from "./gen/swarmpost/link/v1/link_pb.js";

export type {
  WebSocketMessage,
  WebSocketRequestMessage,
  Envelope,
  Content,
  DataMessage,
  GroupUpdateMessage,
  GroupUpdateInviteMessage,
  GroupUpdatePromoteMessage,
  GroupUpdateInfoChangeMessage,
  GroupUpdateMemberChangeMessage,
  GroupUpdateMemberLeftMessage,
  GroupUpdateMemberLeftNotificationMessage,
  GroupUpdateInviteResponseMessage,
  AttachmentPointer,
  LokiProfile,
} from "./gen/swarmpost/message/v1/message_pb.js";

export {
  WebSocketMessageSchema,
  WebSocketRequestMessageSchema,
  EnvelopeSchema,
  ContentSchema,
  DataMessageSchema,
  GroupUpdateMessageSchema,
  GroupUpdateInviteMessageSchema,
  GroupUpdatePromoteMessageSchema,
  GroupUpdateInfoChangeMessageSchema,
  GroupUpdateMemberChangeMessageSchema,
  GroupUpdateMemberLeftMessageSchema,
  GroupUpdateMemberLeftNotificationMessageSchema,
  GroupUpdateInviteResponseMessageSchema,
  AttachmentPointerSchema,
  LokiProfileSchema,
} from "./gen/swarmpost/message/v1/message_pb.js";

export type {
  SignProofRequest,
  SignProofResponse,
  SignRegistrationRequest,
  SignRegistrationResponse,
  ExchangeProofsRequest,
  ExchangeProofsResponse,
} from "./gen/swarmpost/node/v1/node_pb.js";

export {
  SignProofRequestSchema,
  SignProofResponseSchema,
  SignRegistrationRequestSchema,
  SignRegistrationResponseSchema,
  ExchangeProofsRequestSchema,
  ExchangeProofsResponseSchema,
  NodeService,
} from "./gen/swarmpost/node/v1/node_pb.js";

export type {
  SignedProof,
  ProofDigest,
  ExchangeRequest,
  ExchangeResponse,
  GetProofsRequest,
  GetProofsResponse,
  WatchProofsRequest,
  WatchProofsResponse,
  AcceptedProof,
  ProofsChanged,
} from "./gen/swarmpost/proof/v1/proof_pb.js";

export {
  SignedProofSchema,
  ProofDigestSchema,
  ExchangeRequestSchema,
  ExchangeResponseSchema,
  GetProofsRequestSchema,
  GetProofsResponseSchema,
  WatchProofsRequestSchema,
  WatchProofsResponseSchema,
  AcceptedProofSchema,
  ProofsChangedSchema,
  ProofService,
} from "./gen/swarmpost/proof/v1/proof_pb.js";

export type {
  Swarm,
  SwarmMap,
  GetMapRequest,
  GetMapResponse,
  WatchMapRequest,
  WatchMapResponse,
  SwarmMapChanged,
} from "./gen/swarmpost/swarm/v1/swarm_pb.js";

export {
  SwarmSchema,
  SwarmMapSchema,
  GetMapRequestSchema,
  GetMapResponseSchema,
  WatchMapRequestSchema,
  WatchMapResponseSchema,
  SwarmMapChangedSchema,
  SwarmService,
} from "./gen/swarmpost/swarm/v1/swarm_pb.js";
