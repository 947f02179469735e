import { type Profiler, Session } from 'node:inspector'

/** By script, which of its characters have run, one octet each. */
type Painted = Map<string, Uint8Array>

/**
 * What has run of some scripts, told by V8 itself (precise coverage, by block). Coverage is asked for after a batch of runs, for asking
 * costs more than a run.
 */
export class Coverage {
  readonly #session = new Session()
  readonly #wanted: (url: string) => boolean
  readonly #seen: Painted = new Map()
  #last: readonly Profiler.ScriptCoverage[] = []
  #reached = 0

  /** `wanted`: which scripts count. They have to be loaded already: what V8 compiled before is counted too. */
  constructor(wanted: (url: string) => boolean) {
    this.#wanted = wanted
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Whether code ran since the last look that never ran before a `keep`. */
  look(): boolean {
    const { result } = this.#post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType
    this.#last = result.filter(({ url }) => this.#wanted(url))
    return this.#last.some(({ url, functions }) => this.#fresh(url, functions, false) > 0)
  }

  /** Counts what the last look saw as reached. */
  keep(): void {
    for (const { url, functions } of this.#last) this.#reached += this.#fresh(url, functions, true)
  }

  /** Characters of code that ran, by the looks that were kept. */
  get reached(): number {
    return this.#reached
  }

  close(): void {
    this.#session.disconnect()
  }

  #fresh(url: string, functions: readonly Profiler.FunctionCoverage[], paint: boolean): number {
    const end = Math.max(0, ...functions.flatMap(({ ranges }) => ranges.map((range) => range.endOffset)))
    let seen = this.#seen.get(url)
    if (seen === undefined || seen.length < end) {
      const grown = new Uint8Array(Math.max(end, 65_536))
      if (seen !== undefined) grown.set(seen)
      seen = grown
      this.#seen.set(url, seen)
    }
    const now = new Uint8Array(end)
    // Ranges are nested and the inner ones come later: each says what the outer one says wrongly.
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges)
        now.fill(count > 0 ? 1 : 0, startOffset, endOffset)
    }
    let fresh = 0
    for (let at = 0; at < end; at++) {
      if (now[at] !== 1 || seen[at] === 1) continue
      fresh++
      if (paint) seen[at] = 1
    }
    return fresh
  }

  #post(method: string, params: object = {}): unknown {
    let answer: unknown
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw new Error(`${method}: ${error.message}`)
      answer = result
    })
    // A session within one process answers before `post` returns.
    if (answer === undefined) throw new Error(`${method}: no answer`)
    return answer
  }
}
