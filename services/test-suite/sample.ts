/** Up to `count` items in random order, each at most once. Not for secrets. */
export function sample<T>(items: readonly T[], count: number): T[] {
  const rest = [...items];
  const taken: T[] = [];
  while (taken.length < count && rest.length > 0) {
    const at = Math.floor(Math.random() * rest.length);
    taken.push(rest[at] as T);
    rest[at] = rest[rest.length - 1] as T;
    rest.pop();
  }
  return taken;
}
