import { type ContentStore, DiskContent, S3Content } from "@swarmpost/content";
import { ConfigError } from "@swarmpost/runtime";
import type { FileServerConfig } from "./config.ts";

/** Opens the place of the files' bytes that the settings name. @throws ConfigError when they name none or two; ContentError */
export async function contentFromConfig(config: FileServerConfig, stack: AsyncDisposableStack): Promise<ContentStore> {
  const { CONTENT_DIR: folder, S3_BUCKET: bucket } = config;
  if ((folder === undefined) === (bucket === undefined)) {
    throw new ConfigError(["CONTENT_DIR or S3_BUCKET is required, and not both"]);
  }
  return folder === undefined ? stack.use(bucketFromConfig(config, bucket!)) : await DiskContent.open(folder);
}

function bucketFromConfig(config: FileServerConfig, bucket: string): S3Content {
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new ConfigError(["S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together"]);
  }
  return new S3Content({
    bucket,
    endpoint: config.S3_ENDPOINT,
    region: config.S3_REGION,
    prefix: config.S3_PREFIX,
    pathStyle: config.S3_PATH_STYLE,
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
  });
}
