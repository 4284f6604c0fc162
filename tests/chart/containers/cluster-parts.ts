import type { KubernetesObject } from "../manifest.ts";
import type { ClusterApi } from "./cluster-api.ts";
import type { Mount } from "./container.ts";
import type { ImageFiles } from "./images.ts";
import type { Endpoint } from "./routing.ts";

/** What all pods of a test's cluster share. */
export interface ClusterParts {
  /** Folder for volumes, claims and logs. */
  readonly folder: string;
  readonly namespace: string;
  /** Everything that was rendered. */
  readonly objects: readonly KubernetesObject[];
  readonly api: ClusterApi;
  /** Address and port of the Kubernetes API's Service. */
  readonly apiService: Endpoint;
  /** Address of the machine. */
  readonly hostIp: string;
  readonly images: ImageFiles;
  /** /etc/hosts and the like. */
  readonly systemFiles: readonly Mount[];
}
