/**
 * Keys of `after` whose value is another one than in `before`, where both have the same keys in the same order, as the snapshots of one configuration do;
 * undefined where they have not. No key is looked up: ten thousand lookups cost a millisecond, and the threads that answer share the cores with
 * the one that asks.
 */
export function differing<Key, Value>(
  before: ReadonlyMap<Key, Value>,
  after: ReadonlyMap<Key, Value>,
): Key[] | undefined {
  if (before.size !== after.size) return undefined
  const found: Key[] = []
  const olds = before.entries()
  for (const [key, value] of after) {
    const old = olds.next().value
    if (old === undefined || old[0] !== key) return undefined
    if (old[1] !== value) found.push(key)
  }
  return found
}
