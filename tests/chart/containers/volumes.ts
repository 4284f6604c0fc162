import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { IContainer } from "kubernetes-models/v1/Container";
import type { IVolume } from "kubernetes-models/v1/Volume";
import { expand } from "../environment.ts";
import { objectsOfVolume } from "../mounts.ts";
import type { Mount } from "./container.ts";

/** All entries of a Secret or ConfigMap; undefined when there is no such object. */
export type ObjectData = (kind: "Secret" | "ConfigMap", name: string) => Readonly<Record<string, string>> | undefined;

/** The volumes of one pod as folders of this machine. */
export class PodVolumes {
  readonly #folders = new Map<string, string>();
  readonly #writable = new Set<string>();

  /**
   * Makes the folders: empty ones, the entries of Secrets and ConfigMaps, and for claims the folder that is kept for them.
   * @throws Error when an object or an entry is missing, as a pod would wait for it
   */
  static async make(volumes: readonly IVolume[], folder: string, data: ObjectData): Promise<PodVolumes> {
    const made = new PodVolumes();
    for (const volume of volumes) {
      const path = join(folder, volume.name);
      await mkdir(path, { recursive: true });
      made.#folders.set(volume.name, path);
      if (volume.emptyDir !== undefined) made.#writable.add(volume.name);
      for (const [file, text] of entriesOf(volume, data)) {
        await mkdir(dirname(join(path, file)), { recursive: true });
        await writeFile(join(path, file), text, { mode: 0o440 });
      }
    }
    return made;
  }

  /** Adds a claim: a folder that outlives the pod. */
  claim(name: string, folder: string): void {
    this.#folders.set(name, folder);
    this.#writable.add(name);
  }

  /** Adds a folder of files that no volume of the manifest describes: the service account's token. */
  add(name: string, folder: string): void {
    this.#folders.set(name, folder);
  }

  /** What a container sees of them, the outer mount points before those inside. */
  mountsOf(container: IContainer, env: Readonly<Record<string, string>>): readonly Mount[] {
    const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, subPath, subPathExpr, readOnly }) => {
      const folder = this.#folders.get(name);
      if (folder === undefined) throw new Error(`${container.name}: no volume ${name}`);
      const inside = subPath ?? (subPathExpr === undefined ? undefined : expand(subPathExpr, env));
      const source = inside === undefined ? folder : join(folder, inside);
      return { source, target: mountPath, writable: this.#writable.has(name) && readOnly !== true };
    });
    return mounts.toSorted((a, b) => a.target.length - b.target.length);
  }
}

function entriesOf(volume: IVolume, data: ObjectData): [string, string][] {
  return objectsOfVolume(volume).flatMap(({ kind, name, items, optional }) => {
    const entries = data(kind, name);
    if (entries === undefined) {
      if (optional) return [];
      throw new Error(`volume ${volume.name}: there is no ${kind} ${name}`);
    }
    if (items === undefined) return Object.entries(entries);
    return items.map(({ key, path }): [string, string] => {
      const text = entries[key];
      if (text === undefined) throw new Error(`volume ${volume.name}: ${kind} ${name} has no ${key}`);
      return [path, text];
    });
  });
}
