import type { LogLine } from '../sipvane-process.ts'
import type { Reported } from './report.ts'

type Entry = Reported | { readonly kind: 'log'; readonly atMs: number; readonly line: LogLine }

/** All that was reported by the lab's processes and logged by sipvane, to be waited for by what it is and when. */
export class Timeline {
  readonly #entries: Entry[] = []
  readonly #waiting = new Set<() => void>()

  report(event: Reported): void {
    this.#add(event)
  }

  log(line: LogLine): void {
    this.#add({ kind: 'log', atMs: Date.parse(line.time), line })
  }

  /** Epoch milliseconds of the first entry from `sinceMs` on that fits; rejects after `patienceMs`. */
  async first(
    what: string,
    sinceMs: number,
    patienceMs: number,
    fits: (entry: Entry) => boolean,
  ): Promise<number> {
    const found = () => this.#entries.find((entry) => entry.atMs >= sinceMs && fits(entry))
    const past = found()
    if (past !== undefined) return past.atMs
    return new Promise((resolve, reject) => {
      const look = () => {
        const entry = found()
        if (entry === undefined) return
        end()
        resolve(entry.atMs)
      }
      const end = () => {
        clearTimeout(timer)
        this.#waiting.delete(look)
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`did not happen within ${patienceMs} ms: ${what}\n${this.#tail(sinceMs)}`))
      }, patienceMs)
      this.#waiting.add(look)
    })
  }

  /** Entries from `sinceMs` on that fit. */
  since(sinceMs: number, fits: (entry: Entry) => boolean): Entry[] {
    return this.#entries.filter((entry) => entry.atMs >= sinceMs && fits(entry))
  }

  #add(entry: Entry): void {
    this.#entries.push(entry)
    for (const look of [...this.#waiting]) look()
  }

  #tail(sinceMs: number): string {
    const since = this.#entries.filter(({ atMs }) => atMs >= sinceMs).slice(-40)
    return since.map((entry) => JSON.stringify(entry)).join('\n')
  }
}

/** Fits a line of sipvane's log of that event. */
export function logged(
  event: string,
  more: (line: LogLine) => boolean = () => true,
): (entry: Entry) => boolean {
  return (entry) => entry.kind === 'log' && entry.line.event === event && more(entry.line)
}

export function nameIs(via: 'resolver' | 'authority', address: string): (entry: Entry) => boolean {
  return (entry) => entry.kind === 'name' && entry.via === via && entry.addresses.join() === address
}

export function trunkHas(address: string): (entry: Entry) => boolean {
  return (entry) =>
    entry.kind === 'trunk.registered' && entry.from === address && entry.contact.includes(`@${address}:`)
}

export function phoneBy(link: string): (entry: Entry) => boolean {
  return (entry) => entry.kind === 'phone.registered' && entry.link === link
}
