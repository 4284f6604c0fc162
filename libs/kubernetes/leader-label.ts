import { backoff, errorFields, type Logger, sleep, WakeableLoop } from "@swarmpost/runtime";
import type { Kubernetes } from "./client.ts";
import { KubernetesError } from "./errors.ts";
import type { Labels } from "./objects.ts";
import { getPod, labelPod, listPods } from "./pods.ts";

/** The label by which the Service of an elected service finds the pod that leads. */
const ROLE = "swarmpost.dev/role";
const LEADER = "leader";
/** Pods of one Deployment have these in common. */
const GROUP = ["app.kubernetes.io/instance", "app.kubernetes.io/component"] as const;

const AGAIN_MS = 30_000;
/** How long the end of the process waits for the API: the next leader takes the label off anyway. */
const FAREWELL_MS = 2_000;
const RETRY = { minMs: 500, maxMs: 10_000 } as const;

/** What keeps the label right. */
export interface LeaderLabelParts {
  readonly kubernetes: Kubernetes;
  readonly logger: Logger;
  readonly onFailure: () => void;
}

/**
 * Keeps the leader label right: on the own pod while leading and then on no other of its group; off the own pod otherwise.
 * Looks again every 30 s, and goes on through outages of the API.
 */
export class LeaderLabel implements AsyncDisposable {
  readonly #pod: string;
  readonly #parts: LeaderLabelParts;
  readonly #loop: WakeableLoop;
  #leading = false;
  #failures = 0;

  /** `pod` is the name of the own one. */
  constructor(pod: string, parts: LeaderLabelParts) {
    this.#pod = pod;
    this.#parts = parts;
    this.#loop = new WakeableLoop(() => this.#step());
  }

  /** From now on the own pod leads. */
  lead(): void {
    this.#leading = true;
    this.#loop.wake();
  }

  /** Takes the label off the own pod, if that can be done at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#leading = false;
    const taken = new AbortController();
    const taking = this.#loop[Symbol.asyncDispose]().then(() => this.#step());
    // The wait ends with the work: a timer left over would hold up the end of the process.
    await Promise.race([taking.finally(() => taken.abort()), sleep(FAREWELL_MS, taken.signal).catch(() => {})]);
  }

  async #step(): Promise<number> {
    const { logger, onFailure } = this.#parts;
    try {
      await (this.#leading ? this.#mark() : this.#unmark(await this.#own()));
      this.#failures = 0;
      return AGAIN_MS;
    } catch (error) {
      onFailure();
      if (++this.#failures === 1) logger.warn("leader_label_failed", errorFields(error));
      return backoff(this.#failures, RETRY);
    }
  }

  /** The own pod first: the Service then has one that answers, at the price of one that may not. */
  async #mark(): Promise<void> {
    const { kubernetes } = this.#parts;
    const own = await this.#own();
    if (own.labels[ROLE] !== LEADER) await labelPod(kubernetes, own, { [ROLE]: LEADER });
    const group = groupOf(own.labels);
    if (group === undefined) return;
    const { pods } = await listPods(kubernetes, { ...group, [ROLE]: LEADER });
    for (const pod of pods) if (pod.uid !== own.uid) await this.#unmark(pod);
  }

  async #unmark(pod: { name: string; uid: string; labels: Labels }): Promise<void> {
    if (pod.labels[ROLE] === undefined) return;
    await labelPod(this.#parts.kubernetes, pod, { [ROLE]: null }).catch((error: unknown) => {
      if (!(error instanceof KubernetesError && error.code === "not-found")) throw error;
    });
  }

  async #own() {
    const pod = await getPod(this.#parts.kubernetes, this.#pod);
    if (pod === undefined)
      throw new KubernetesError("not-found", "the own pod is not there under the name of POD_NAME");
    return pod;
  }
}

function groupOf(labels: Labels): Labels | undefined {
  const group = GROUP.map((name) => [name, labels[name]] as const);
  return group.every(([, value]) => value !== undefined) ? (Object.fromEntries(group) as Labels) : undefined;
}
