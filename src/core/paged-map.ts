/** Values a page: what one change copies, beside one pointer for each page. */
const PAGE = 128

/**
 * An immutable map whose successors share all pages but those that moved: of ten thousand zones one moves, and nine thousand nine hundred
 * are neither copied nor compared. Keys keep their order.
 */
export class PagedMap<Key, Value> implements ReadonlyMap<Key, Value> {
  /** The same object in every successor with the same keys. */
  readonly #slots: ReadonlyMap<Key, number>
  readonly #keys: readonly Key[]
  readonly #pages: readonly (readonly Value[])[]

  private constructor(
    slots: ReadonlyMap<Key, number>,
    keys: readonly Key[],
    pages: readonly (readonly Value[])[],
  ) {
    this.#slots = slots
    this.#keys = keys
    this.#pages = pages
    Object.freeze(this)
  }

  /** The map itself where it is one already, else a copy. */
  static of<Key, Value>(map: ReadonlyMap<Key, Value>): PagedMap<Key, Value> {
    if (map instanceof PagedMap) return map
    const keys = [...map.keys()]
    const values = [...map.values()]
    const pages: Value[][] = []
    for (let at = 0; at < values.length; at += PAGE) pages.push(values.slice(at, at + PAGE))
    return new PagedMap(new Map(keys.map((key, slot) => [key, slot])), keys, pages)
  }

  /** With these values in place of its own; keys that it does not have come at the end. */
  with(changes: ReadonlyMap<Key, Value>): PagedMap<Key, Value> {
    if (changes.size === 0) return this
    const pages: (readonly Value[])[] = [...this.#pages]
    const own = new Map<number, Value[]>()
    for (const [key, value] of changes) {
      const slot = this.#slots.get(key)
      if (slot === undefined) return PagedMap.of(new Map([...this, ...changes]))
      const at = Math.floor(slot / PAGE)
      let page = own.get(at)
      if (page === undefined) {
        page = [...(pages[at] ?? [])]
        own.set(at, page)
        pages[at] = page
      }
      page[slot % PAGE] = value
    }
    return new PagedMap(this.#slots, this.#keys, pages)
  }

  /** Keys whose value is another one than in `before`; undefined where the two do not descend from one another by `with`. */
  changedSince(before: PagedMap<Key, Value>): Key[] | undefined {
    if (before.#slots !== this.#slots) return undefined
    const changed: Key[] = []
    for (const [at, page] of this.#pages.entries()) {
      const old = before.#pages[at]
      if (page === old) continue
      for (const [index, value] of page.entries()) {
        if (value !== old?.[index]) changed.push(this.#keys[at * PAGE + index] as Key)
      }
    }
    return changed
  }

  get size(): number {
    return this.#keys.length
  }

  has(key: Key): boolean {
    return this.#slots.has(key)
  }

  get(key: Key): Value | undefined {
    const slot = this.#slots.get(key)
    return slot === undefined ? undefined : this.#pages[Math.floor(slot / PAGE)]?.[slot % PAGE]
  }

  keys(): MapIterator<Key> {
    return this.#slots.keys()
  }

  *values(): Generator<Value, undefined> {
    for (const page of this.#pages) yield* page
    return undefined
  }

  *entries(): Generator<[Key, Value], undefined> {
    for (const [at, page] of this.#pages.entries()) {
      for (const [index, value] of page.entries()) yield [this.#keys[at * PAGE + index] as Key, value]
    }
    return undefined
  }

  [Symbol.iterator](): Generator<[Key, Value], undefined> {
    return this.entries()
  }

  forEach(visit: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) visit(value, key, this)
  }
}

export interface Difference<Key> {
  /** Keys that are new, or have another value. */
  readonly changed: readonly Key[]
  readonly gone: readonly Key[]
}

/** From `before` to `after`; by the pages that moved where one descends from the other, else by looking every key up. */
export function difference<Key, Value>(
  before: ReadonlyMap<Key, Value>,
  after: ReadonlyMap<Key, Value>,
): Difference<Key> {
  if (before instanceof PagedMap && after instanceof PagedMap) {
    const changed = after.changedSince(before)
    if (changed !== undefined) return { changed, gone: [] }
  }
  const changed: Key[] = []
  for (const [key, value] of after) if (before.get(key) !== value || !before.has(key)) changed.push(key)
  return { changed, gone: [...before.keys()].filter((key) => !after.has(key)) }
}
