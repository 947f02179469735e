import { isScalar, LineCounter, parseDocument, Scalar } from 'yaml'
import { parseAddress } from '../core/schemas.ts'
import { type Path, quote } from './fault.ts'
import type { Environment } from './substitution.ts'
import { buildTree, type SourceNode, type TextFault } from './tree.ts'
import { yamlFaults } from './yaml-faults.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

/** Keys whose values are never shown, wherever they stand. */
const SECRET_KEY = /passw|passphrase|secret|token|credential|private|api_?-?key/i

/** A parsed YAML file: its values by path, each with its place, and safe words for what was seen there. */
export class ConfigDocument {
  readonly #source: string
  readonly #lines: LineCounter
  readonly #root: SourceNode
  readonly #variables: ReadonlyMap<string, string>

  /** `variables`: the values that were filled in, by the names they have in the environment. */
  constructor(source: string, lines: LineCounter, root: SourceNode, variables: ReadonlyMap<string, string>) {
    this.#source = source
    this.#lines = lines
    this.#root = root
    this.#variables = variables
  }

  nodeAt(path: Path): SourceNode | undefined {
    let node: SourceNode | undefined = this.#root
    for (const step of path) {
      node = typeof step === 'number' ? node?.items?.[step] : node?.entries?.get(step)?.node
    }
    return node
  }

  valueAt(path: Path): unknown {
    return this.nodeAt(path)?.value
  }

  /** Keys of a mapping in the order of the file; empty where there is no mapping. */
  keysAt(path: Path): string[] {
    return [...(this.nodeAt(path)?.entries?.keys() ?? [])]
  }

  /** Where a value starts, or its key; for what is missing, its parent's key, or where the parent has none, its start. */
  position(path: Path, part: 'value' | 'key' = 'value'): Position {
    const key = path.at(-1)
    const parent = path.slice(0, -1)
    if (part === 'key' && typeof key === 'string') {
      const entry = this.nodeAt(parent)?.entries?.get(key)
      if (entry !== undefined) return this.positionAt(entry.keyOffset)
    }
    const node = this.nodeAt(path)
    if (node !== undefined) return this.positionAt(node.offset)
    return path.length === 0 ? { line: 1, column: 1 } : this.position(parent, 'key')
  }

  positionAt(offset: number): Position {
    const { line, col } = this.#lines.linePos(Math.min(offset, this.#source.length))
    return line === 0 ? { line: 1, column: 1 } : { line, column: col }
  }

  /**
   * Where a place inside a text value (1-based line and column) stands in the file. Exact for literal block scalars
   * (`|`), whose lines are the file's; folded and quoted ones move their lines about, so there it is the value's start.
   */
  positionInText(path: Path, at: Position): Position {
    const node = this.nodeAt(path)
    const scalar = node?.scalar
    if (node === undefined || !isScalar(scalar) || scalar.type !== Scalar.BLOCK_LITERAL)
      return this.position(path)
    let { line, column } = at
    if (node.substitution !== undefined) {
      const raw = node.substitution.rawOffset(offsetOf(node.substitution.text, at))
      const before = String(scalar.value).slice(0, raw)
      line = before.split('\n').length
      column = raw - before.lastIndexOf('\n')
    }
    const content = String(scalar.value).split('\n')[line - 1]
    // The header (`|`, `|2-`, `| # why`) has its line to itself; the content starts on the next.
    const fileLine = this.positionAt(node.offset).line + line
    const start = this.#lines.lineStarts[fileLine - 1]
    if (content === undefined || start === undefined) return this.position(path)
    const end = this.#lines.lineStarts[fileLine] ?? this.#source.length + 1
    const written = this.#source.slice(start, end).replace(/\r?\n$/, '')
    const indent = written.endsWith(content) ? written.length - content.length : 0
    return { line: fileLine, column: indent + column }
  }

  /** Words for what stands at `path` that are safe to print: secrets and values from the environment are named, not shown. */
  seen(path: Path): string {
    const node = this.nodeAt(path)
    if (node === undefined || node.value === undefined) return 'nothing'
    if (node.value === null) return 'nothing'
    if (node.entries !== undefined) return 'a mapping'
    if (node.items !== undefined) return node.items.length === 0 ? 'an empty list' : 'a list'
    const names = node.substitution?.names ?? []
    if (names.length > 0) return `value from ${names.map((name) => `\${${name}}`).join(' and ')}`
    if (this.isSecret(path)) return 'a secret value'
    return typeof node.value === 'string'
      ? quote(node.value)
      : quote(node.scalar?.source ?? String(node.value)).slice(1, -1)
  }

  /** Whether the value at `path` must not be shown. */
  isSecret(path: Path): boolean {
    if (path.some((step) => typeof step === 'string' && SECRET_KEY.test(step))) return true
    return (this.nodeAt(path)?.substitution?.names.length ?? 0) > 0
  }

  /**
   * Takes out of a text that others wrote about the value at `path` what must not be shown: that value where it is a secret,
   * and whatever came from the environment anywhere, as it was given or in canonical form.
   */
  withoutSecrets(text: string, path: Path): string {
    let safe = text
    const value = this.valueAt(path)
    if (this.isSecret(path) && typeof value === 'string') safe = mask(safe, value, this.seen(path))
    const own = this.nodeAt(path)?.substitution?.names ?? []
    for (const [name, given] of this.#variables) {
      // One or two letters are no secret of themselves, and would be found everywhere.
      if (given.length < 3 && !own.includes(name)) continue
      safe = mask(safe, given, `\${${name}}`)
      const parsed = parseAddress(given)
      if (parsed.ok) safe = mask(safe, parsed.address, `\${${name}}`)
    }
    return safe
  }
}

export type ParsedDocument =
  | { readonly ok: true; readonly document: ConfigDocument; readonly faults: readonly TextFault[] }
  | {
      readonly ok: false
      readonly faults: readonly TextFault[]
      readonly positionAt: (offset: number) => Position
    }

/** Reads YAML 1.2 (core schema). Errors of syntax end the reading; faults of the tree come beside what could be read. */
export function parseConfigDocument(source: string, environment: Environment): ParsedDocument {
  const lines = new LineCounter()
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return line === 0 ? { line: 1, column: 1 } : { line, column: col }
  }
  const fail = (faults: TextFault[]): ParsedDocument => ({ ok: false, faults, positionAt })
  try {
    // `uniqueKeys` compares every pair of keys, which takes minutes for 100,000 targets; the tree looks them up instead.
    const document = parseDocument(source, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false,
      logLevel: 'error',
      schema: 'core',
    })
    const errors = [...document.errors, ...document.warnings]
    if (errors.length > 0) return fail(yamlFaults(errors, source, document))
    const { explicit, version } = document.directives.yaml
    if (explicit === true && version !== '1.2') {
      return fail([
        { offset: 0, path: [], message: 'a %YAML directive for another version seen; allowed: 1.2' },
      ])
    }
    const text = { source, lineOf: (offset: number) => positionAt(offset).line }
    const { root, faults, variables } = buildTree(document, text, environment)
    const filled = new Map(Array.from(variables, (name) => [name, environment[name] ?? '']))
    return { ok: true, document: new ConfigDocument(source, lines, root, filled), faults }
  } catch (error) {
    // The parser is recursive: brackets by the ten thousand exhaust the stack. Anything else is a defect.
    if (!(error instanceof RangeError)) throw error
    return fail([{ offset: 0, path: [], message: 'not valid YAML: nested too deeply' }])
  }
}

/** Names are case-blind, so a value from the environment may come back in another case. */
function mask(text: string, value: string, by: string): string {
  if (value === '') return text
  const pattern = new RegExp(value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi')
  return text.replace(pattern, () => by)
}

function offsetOf(text: string, at: Position): number {
  const lines = text.split('\n')
  const before = lines.slice(0, at.line - 1).reduce((sum, line) => sum + line.length + 1, 0)
  return Math.min(text.length, before + at.column - 1)
}
