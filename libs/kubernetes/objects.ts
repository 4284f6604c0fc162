/** Labels of an object; names and values as Kubernetes allows them. */
export type Labels = Readonly<Record<string, string>>;

/** The object that another belongs to: Kubernetes deletes what belongs to a deleted one. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** The part of `metadata` that is read here, as JSON. */
export interface ObjectMeta {
  readonly name: string;
  readonly uid: string;
  /** Changes with every change of the object; nothing but equality may be read from it. */
  readonly resourceVersion: string;
  readonly labels?: Labels;
  readonly deletionTimestamp?: string;
}

/** A selector in the form that a query takes: all of these labels with these values. */
export function selectorText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
