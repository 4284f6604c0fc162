export type { ByteRange, ContentStore } from "./content-store.ts";
export { DiskContent } from "./disk-content.ts";
export { ContentError, type ContentErrorCode } from "./errors.ts";
export { S3Content, type S3Options } from "./s3-content.ts";
