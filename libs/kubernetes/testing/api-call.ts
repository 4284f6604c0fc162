/** A request as the API server understands it. */
export interface ApiCall {
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";
  /** Empty for the core group. */
  readonly group: string;
  readonly resource: string;
  /** Empty for list, watch and create. */
  readonly name: string;
  readonly query: URLSearchParams;
}

/** A rule of a Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const PATH = /^\/(?:api\/v1|apis\/([^/]+)\/v1)\/namespaces\/([^/]+)\/([a-z]+)(?:\/([^/]+))?$/;
const WRITES: Readonly<Record<string, ApiCall["verb"]>> = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Undefined for what is no path of a namespace that is served. */
export function readCall(method: string, url: URL, namespace: string): ApiCall | undefined {
  const match = PATH.exec(decodeURIComponent(url.pathname));
  if (match === null || match[2] !== namespace) return undefined;
  const [, group = "", , resource = "", name = ""] = match;
  const watching = url.searchParams.get("watch") === "true";
  const verb = WRITES[method] ?? (name !== "" ? "get" : watching ? "watch" : "list");
  return { verb, group, resource, name, query: url.searchParams };
}

/** Whether the rules of a Role let a call pass. */
export function permits(rules: readonly Rule[], { verb, group, resource, name }: ApiCall): boolean {
  return rules.some(
    (rule) =>
      rule.apiGroups.includes(group) &&
      rule.resources.includes(resource) &&
      rule.verbs.includes(verb) &&
      (rule.resourceNames === undefined || rule.resourceNames.includes(name)),
  );
}

/** Whether an object has all labels of a selector in its query form. */
export function selected(labels: Readonly<Record<string, string>> | undefined, selector: string | null): boolean {
  if (selector === null || selector === "") return true;
  return selector.split(",").every((term) => {
    const [name = "", value] = term.split("=");
    return labels?.[name] === value;
  });
}
