import type { ConfigDocument, Position } from './document.ts'
import { type ConfigFault, formatPath, type Path } from './fault.ts'
import { allowedNames } from './suggest.ts'

/** Collects everything that is wrong, and everything worth a warning, with its place in the file. */
export class Report {
  readonly document: ConfigDocument
  readonly faults: ConfigFault[] = []
  readonly warnings: ConfigFault[] = []
  readonly #file: string

  constructor(file: string, document: ConfigDocument) {
    this.#file = file
    this.document = document
  }

  fault(path: Path, message: string, at: Position = this.document.position(path)): void {
    this.faults.push(this.#entry(path, message, at))
  }

  warn(path: Path, message: string, at: Position = this.document.position(path)): void {
    this.warnings.push(this.#entry(path, message, at))
  }

  /** `"failver" seen; allowed: …`: the value at `path` is not one that can be. */
  refuse(path: Path, allowed: string): void {
    const node = this.document.nodeAt(path)
    // What could not be read at all (a variable that is not set) was reported as that.
    if (node?.broken === true && node.entries === undefined && node.items === undefined) return
    this.fault(path, `${this.document.seen(path)} seen; ${allowed}`)
  }

  /** The value at `path` should be one of `names`; a slip of the finger gets a suggestion, a secret never does. */
  refuseName(path: Path, names: readonly string[]): void {
    this.refuse(path, allowedNames(names, this.wordAt(path)))
  }

  /** A key that cannot stand there; `later` are those that will be able to. */
  refuseKey(path: Path, known: readonly string[], later: readonly string[] = []): void {
    const key = String(path.at(-1))
    const at = this.document.position(path, 'key')
    if (later.includes(key)) this.fault(path, 'not supported yet', at)
    else this.fault(path, `unknown key; ${allowedNames(known, key)}`, at)
  }

  missing(path: Path, allowed: string): void {
    this.fault(path, `missing; ${allowed}`)
  }

  /** The text at `path` where it may be shown. */
  wordAt(path: Path): string | undefined {
    const value = this.document.valueAt(path)
    return typeof value === 'string' && !this.document.isSecret(path) ? value : undefined
  }

  #entry(path: Path, message: string, at: Position): ConfigFault {
    return { file: this.#file, line: at.line, column: at.column, path: formatPath(path), message }
  }
}
