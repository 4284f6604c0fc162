import type { Kubernetes } from "./client.ts";
import { codeOfStatus, KubernetesError } from "./errors.ts";
import { type Labels, type ObjectMeta, selectorText } from "./objects.ts";
import { readObject } from "./read-object.ts";

/** A pod, as far as it matters here. */
export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly labels: Labels;
  /** False once the pod is being deleted. */
  readonly staying: boolean;
}

/** The pods of a selector at one moment, and where a watch goes on from it. */
export interface PodList {
  readonly pods: readonly Pod[];
  readonly resourceVersion: string;
}

/** What a watch tells. `bookmark` says only how far it came. */
export type PodEvent =
  | { readonly type: "added" | "modified" | "deleted"; readonly pod: Pod; readonly resourceVersion: string }
  | { readonly type: "bookmark"; readonly resourceVersion: string };

interface PodJson {
  readonly metadata: ObjectMeta;
}

interface WatchLine {
  readonly type: string;
  readonly object: PodJson & { readonly code?: number };
}

const PODS = { api: "/api/v1", resource: "pods" } as const;
/** The API server is asked to end a watch after this time; one that it does not end is dead. */
const WATCH_SECONDS = 240;

/** Undefined when there is none. Verb: get. @throws KubernetesError */
export async function getPod(kubernetes: Kubernetes, name: string): Promise<Pod | undefined> {
  const found = await readObject<PodJson>(kubernetes, { ...PODS, name });
  return found && fromJson(found);
}

/** All pods that have these labels. Verb: list. @throws KubernetesError */
export async function listPods(kubernetes: Kubernetes, selector: Labels, signal?: AbortSignal): Promise<PodList> {
  const query = { labelSelector: selectorText(selector) };
  const found = await kubernetes.call<{ metadata: ObjectMeta; items: PodJson[] }>({
    ...PODS,
    verb: "list",
    query,
    ...(signal === undefined ? {} : { signal }),
  });
  return { pods: found.items.map(fromJson), resourceVersion: found.metadata.resourceVersion };
}

/**
 * Each change of the pods that have these labels, from the position of a list on, until the API server ends the watch
 * (every few minutes) or the signal is aborted. Verb: watch.
 * @throws KubernetesError `expired` when the position is too old: list again
 */
export async function* watchPods(
  kubernetes: Kubernetes,
  selector: Labels,
  options: { readonly resourceVersion: string; readonly signal: AbortSignal; readonly seconds?: number },
): AsyncGenerator<PodEvent, void> {
  const { seconds = WATCH_SECONDS, signal } = options;
  const query = {
    labelSelector: selectorText(selector),
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(seconds),
  };
  for await (const line of kubernetes.lines({ ...PODS, verb: "watch", query, signal }, seconds * 1_000)) {
    yield eventOf(line);
  }
}

/**
 * Sets labels of one pod; null takes one off. With `uid` a pod of the same name that came later is left alone.
 * Verb: patch. @throws KubernetesError `not-found` when that pod is gone
 */
export async function labelPod(
  kubernetes: Kubernetes,
  pod: { readonly name: string; readonly uid?: string },
  labels: Readonly<Record<string, string | null>>,
): Promise<Pod> {
  const metadata = { labels, ...(pod.uid === undefined ? {} : { uid: pod.uid }) };
  try {
    return fromJson(await kubernetes.call<PodJson>({ ...PODS, verb: "patch", name: pod.name, body: { metadata } }));
  } catch (error) {
    // A uid cannot be changed, so the patch of a pod that came later is invalid.
    const replaced = pod.uid !== undefined && error instanceof KubernetesError && error.code === "refused";
    if (replaced) throw new KubernetesError("not-found", "patch pods: it was replaced", { cause: error });
    throw error;
  }
}

function eventOf(line: string): PodEvent {
  const { type, object } = parse(line);
  const { resourceVersion } = object.metadata ?? {};
  switch (type) {
    case "ADDED":
      return { type: "added", pod: fromJson(object), resourceVersion };
    case "MODIFIED":
      return { type: "modified", pod: fromJson(object), resourceVersion };
    case "DELETED":
      return { type: "deleted", pod: fromJson(object), resourceVersion };
    case "BOOKMARK":
      return { type: "bookmark", resourceVersion };
    default:
      throw new KubernetesError(codeOfStatus(object.code ?? 500), `watch pods: status ${object.code ?? "unknown"}`);
  }
}

function parse(line: string): WatchLine {
  try {
    return JSON.parse(line) as WatchLine;
  } catch (cause) {
    throw new KubernetesError("unavailable", "watch pods: a line that is no JSON", { cause });
  }
}

function fromJson({ metadata }: PodJson): Pod {
  const { name, uid, labels = {}, deletionTimestamp } = metadata;
  return { name, uid, labels, staying: deletionTimestamp === undefined };
}
