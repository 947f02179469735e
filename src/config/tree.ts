import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml'
import type { Path } from './fault.ts'
import { type Environment, markOffsets, type Substitution, substitute } from './substitution.ts'

/** One YAML value with where it stands. Offsets count UTF-16 units from the start of the file. */
export interface SourceNode {
  /** Plain data; mappings have no prototype. */
  readonly value: unknown
  readonly offset: number
  /** Mappings: in the order of the file, which a plain object loses for keys that look like numbers. */
  readonly entries?: ReadonlyMap<string, { readonly keyOffset: number; readonly node: SourceNode }>
  readonly items?: readonly SourceNode[]
  readonly scalar?: Scalar.Parsed
  readonly substitution?: Substitution
  /** It, or something in it, has a fault already: what else is found there may only follow from that. */
  readonly broken: boolean
  /** Values in it, aliases counted as often as they are used. */
  readonly size: number
}

/** A fault that the text itself has, before anything is known of what it means. */
export interface TextFault {
  readonly offset: number
  readonly path: Path
  readonly message: string
}

/** The file's text, and the 1-based line of an offset in it. */
export interface SourceText {
  readonly source: string
  lineOf(offset: number): number
}

/** Those of JSON (YAML 1.2 section 10.2): no dates, sets or bytes, which nothing here could be. */
const TAGS = ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`)

const DEPTH_MAX = 32
/** An alias is one word that can stand for a million values ("billion laughs"). */
const ALIASED_VALUES_MAX = 20_000

/** Turns a YAML document into plain data with positions; collects faults, throws nothing. */
export function buildTree(document: Document.Parsed, text: SourceText, environment: Environment) {
  const faults: TextFault[] = []
  // By name, as they come: an alias means the nearest anchor before it (YAML 1.2 section 3.2.2.2); null while being built.
  const anchors = new Map<string, SourceNode | null>()
  const variables = new Set<string>()
  let aliasedValues = 0

  const refuse = (offset: number, path: Path, message: string): SourceNode => {
    faults.push({ offset, path, message })
    return { value: undefined, offset, broken: true, size: 1 }
  }

  const build = (node: unknown, path: Path, fallbackOffset: number): SourceNode => {
    if (isAlias(node)) return followAlias(node.source, node.range?.[0] ?? fallbackOffset, path)
    if (node === null || node === undefined)
      return { value: null, offset: fallbackOffset, broken: false, size: 1 }
    const { anchor, range, tag } = node as Node & { anchor?: string; tag?: string }
    const offset = range?.[0] ?? fallbackOffset
    if (path.length > DEPTH_MAX) return refuse(offset, path.slice(0, 3), `nested more than ${DEPTH_MAX} deep`)
    if (tag !== undefined && !TAGS.includes(tag))
      return refuse(offset, path, 'a tag (!) seen that means nothing here')
    if (anchor !== undefined) anchors.set(anchor, null)
    const built = isMap(node)
      ? mapping(node.items, path, offset)
      : isSeq(node)
        ? list(node.items, path, offset)
        : leaf(node, path, offset)
    if (anchor !== undefined) anchors.set(anchor, built)
    return built
  }

  const followAlias = (name: string, offset: number, path: Path): SourceNode => {
    const target = anchors.get(name)
    if (target === undefined)
      return refuse(offset, path, 'an alias (*) seen whose anchor (&) does not stand before it')
    if (target === null) return refuse(offset, path, 'an alias (*) seen inside of what it stands for')
    aliasedValues += target.size
    if (aliasedValues > ALIASED_VALUES_MAX) {
      return refuse(offset, path, `aliases stand for more than ${ALIASED_VALUES_MAX} values in all`)
    }
    return target
  }

  const mapping = (
    pairs: readonly { key: unknown; value: unknown }[],
    path: Path,
    offset: number,
  ): SourceNode => {
    const entries = new Map<string, { keyOffset: number; node: SourceNode }>()
    const value: Record<string, unknown> = Object.create(null)
    let size = 1
    let broken = false
    for (const pair of pairs) {
      const keyOffset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
      const key = isScalar(pair.key) && typeof pair.key.value === 'string' ? pair.key.value : undefined
      // `__proto__` would vanish on the way through code that copies objects: nothing may hide that way.
      if (key === undefined || key === '__proto__') {
        refuse(keyOffset, path, 'a key seen that is no plain text')
        broken = true
        continue
      }
      const earlier = entries.get(key)
      if (earlier !== undefined) {
        refuse(
          keyOffset,
          [...path, key],
          `the key is given twice; first in line ${text.lineOf(earlier.keyOffset)}`,
        )
        broken = true
        continue
      }
      const node = build(pair.value, [...path, key], keyOffset)
      entries.set(key, { keyOffset, node })
      value[key] = node.value
      size += node.size
      broken ||= node.broken
    }
    return { value, offset, entries, broken, size }
  }

  const list = (nodes: readonly unknown[], path: Path, offset: number): SourceNode => {
    const items = nodes.map((node, index) => build(node, [...path, index], offset))
    return {
      value: items.map((item) => item.value),
      offset,
      items,
      broken: items.some((item) => item.broken),
      size: items.reduce((sum, item) => sum + item.size, 1),
    }
  }

  const leaf = (node: unknown, path: Path, offset: number): SourceNode => {
    if (!isScalar(node))
      return refuse(offset, path, 'a value seen that is neither text, number, list nor mapping')
    const scalar = node as Scalar.Parsed
    const plain: SourceNode = { value: scalar.value, offset, scalar, broken: false, size: 1 }
    if (typeof scalar.value !== 'string') return plain
    const substitution = substitute(scalar.value, environment)
    if (substitution === undefined) return plain
    for (const name of substitution.names) variables.add(name)
    // In the source the marks stand in the same order; only escapes of a quoted scalar can hide one.
    const marks = markOffsets(text.source.slice(offset, scalar.range[1]))
    const exact = marks.length === markOffsets(scalar.value).length
    for (const fault of substitution.faults) {
      const inside = exact ? (marks[fault.occurrence] ?? 0) : 0
      faults.push({ offset: offset + inside, path, message: fault.message })
    }
    return { ...plain, value: substitution.text, substitution, broken: substitution.faults.length > 0 }
  }

  const root = build(document.contents, [], 0)
  return { root, faults, variables }
}
