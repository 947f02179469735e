import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { type ScheduledTask, schedule } from 'node-cron'
import type { TargetId } from '../../core/brand.ts'
import type { Clock, Logger, Timers } from '../../core/ports.ts'
import type { Settings } from '../../core/settings.ts'
import type { Discovery, Target } from '../../core/target.ts'
import { type AddressFile, openAddressFile } from '../../state/address-file.ts'
import { agree } from './agree.ts'
import { askSource } from './ask-source.ts'
import { believable } from './believable.ts'

export interface DiscoveryDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** An address is no longer what it was; called after the first round of a target only. */
  readonly changed: () => void
}

interface Watched {
  readonly target: Target
  readonly discover: Discovery
  readonly task: ScheduledTask
  /** Absent: not found yet; what the configuration says stands. */
  address?: string
  /** The last word about disagreement or silence, so that the log tells it once. */
  trouble?: string
  asking?: Promise<void>
}

/** What was found last, kept over changes of the configuration. */
interface Known {
  readonly address: string
  /** The link that it was found through; null: the system's choice. Absent: of an earlier life, which does not tell. */
  readonly source?: string | null
}

/** Keeps the addresses of the targets that have theirs discovered. What was found stays until something else is found. */
export class AddressDiscovery {
  readonly #deps: DiscoveryDeps
  #watched = new Map<TargetId, Watched>()
  #closed = false
  #file: AddressFile | undefined
  /** By target. */
  readonly #known = new Map<string, Known>()
  #writing: Promise<void> = Promise.resolve()

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps
  }

  /**
   * Takes a configuration over, and asks for every target that is new or told otherwise; resolves when all were asked once, but for those
   * whose address is known from before: what was found then is answered at once, and checked meanwhile.
   */
  async adopt(settings: Settings): Promise<void> {
    if (this.#file === undefined && settings.stateDir !== undefined) {
      this.#file = openAddressFile(settings.stateDir, this.#deps)
      for (const [id, address] of Object.entries(await this.#file.read())) this.#known.set(id, { address })
    }
    const before = this.#watched
    this.#watched = new Map()
    const rounds: Promise<void>[] = []
    for (const pool of settings.pools.values()) {
      for (const target of pool.targets) {
        if (target.discover === undefined) continue
        const old = before.get(target.id)
        if (old !== undefined && isDeepStrictEqual(old.target, target)) {
          this.#watched.set(target.id, old)
          before.delete(target.id)
          continue
        }
        const watched = this.#watch(target, target.discover)
        this.#watched.set(target.id, watched)
        if (watched.address === undefined) rounds.push(this.#ask(watched, true))
        else void this.#ask(watched, false)
      }
    }
    for (const { task } of before.values()) await task.destroy()
    await Promise.all(rounds)
  }

  /** The configuration with the addresses that were found in the place of those it gives. */
  applied(settings: Settings): Settings {
    if (this.#watched.size === 0) return settings
    const pools = [...settings.pools].map(([name, pool]) => {
      const targets = pool.targets.map((target) => {
        const address = this.#watched.get(target.id)?.address
        return address === undefined ? target : { ...target, addresses: [address] }
      })
      return [name, { ...pool, targets }] as const
    })
    return { ...settings, pools: new Map(pools) }
  }

  /** Asks for all targets now. */
  async check(): Promise<void> {
    await Promise.all([...this.#watched.values()].map((watched) => this.#ask(watched, false)))
  }

  async close(): Promise<void> {
    this.#closed = true
    const watched = [...this.#watched.values()]
    this.#watched.clear()
    for (const { task } of watched) await task.destroy()
    await Promise.all(watched.map(({ asking }) => asking))
    await this.#writing
  }

  /** One write after the other, so that the newest is the last. */
  #keep(): void {
    const found = [...this.#watched].flatMap(([id, { address }]) =>
      address === undefined ? [] : [[id, address]],
    )
    const addresses: Readonly<Record<string, string>> = Object.fromEntries(found)
    this.#writing = this.#writing.then(() => this.#file?.write(addresses))
  }

  #watch(target: Target, discover: Discovery): Watched {
    const task = schedule(discover.check, () => void this.#ask(watched, false), {
      noOverlap: true,
      // It would write to the console, past our log; the next time asks anyway.
      suppressMissedWarning: true,
    })
    const watched: Watched = { target, discover, task }
    // A file can be edited, and `initial` may be another one by now: what is read has to be as good as what a source says.
    const known = this.#known.get(target.id)
    // Another link has another address.
    const same = known?.source === undefined || known.source === (target.source ?? null)
    const found = same ? (known?.address ?? '') : ''
    const recalled = believable(found, target.addresses[0] ?? found)
    if (recalled.ok && isIP(recalled.address) === discover.family) watched.address = recalled.address
    return watched
  }

  /** One round at a time for each target. */
  #ask(watched: Watched, first: boolean): Promise<void> {
    watched.asking ??= this.#round(watched, first).finally(() => {
      delete watched.asking
    })
    return watched.asking
  }

  async #round(watched: Watched, first: boolean): Promise<void> {
    const { target, discover } = watched
    const { logger, changed, ...deps } = this.#deps
    const [initial] = target.addresses
    const link = {
      family: discover.family,
      ...(initial === undefined ? {} : { initial }),
      ...(target.source === undefined ? {} : { source: target.source }),
    }
    const said = await Promise.all(discover.sources.map((source) => askSource(source, link, deps)))
    if (this.#closed || this.#watched.get(target.id) !== watched) return
    const agreed = agree(said)
    const present = watched.address ?? initial
    const trouble = agreed.kind === 'found' ? agreed.dissent : agreed.detail
    if (trouble !== undefined && trouble !== watched.trouble) {
      const kept = agreed.kind === 'found' ? agreed.address : (present ?? 'none')
      const fields = { target: target.id, said, kept }
      if (agreed.kind === 'unknown')
        logger.warn('address.unknown', fields, `the address of ${target.id} could not be found: ${trouble}`)
      else
        logger.warn(
          'address.disagreement',
          fields,
          `sources disagree on the address of ${target.id}: ${trouble}; ${fields.kept} stands`,
        )
    }
    if (trouble === undefined) delete watched.trouble
    else watched.trouble = trouble
    if (agreed.kind !== 'found') return
    this.#known.set(target.id, { address: agreed.address, source: target.source ?? null })
    if (watched.address !== agreed.address) {
      watched.address = agreed.address
      this.#keep()
    }
    if (agreed.address === present) return
    logger.warn(
      'address.changed',
      { target: target.id, from: present, to: agreed.address },
      `the address of ${target.id} is ${agreed.address} now, not ${present ?? 'unknown'}`,
    )
    if (!first) changed()
  }
}
