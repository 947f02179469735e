/**
 * Rounds of random faults against one provider: lost replies, throttling, errors, restarts in the middle, other people's edits at any
 * moment. After every step what is others' must be as they left it; in the end ours must be as wanted. A failing round names its seed;
 * `SIPVANE_CHAOS_SEED=<seed>` runs that one alone.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Random } from '../../src/core/ports.ts'
import { ProviderError } from '../../src/publishers/providers/error.ts'
import { providerDefinitions } from '../../src/publishers/providers/registry.ts'
import { markName, markText } from '../../src/publishers/reconcile/marks.ts'
import type { Wanted } from '../../src/publishers/reconcile/wanted.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { Driver, labSets, linesOf, wantedOf } from '../support/provider-driver.ts'
import type { LabSet, ProviderFixture, ProviderLab } from '../support/provider-fixture.ts'
import { seededRandom } from '../support/virtual-time.ts'

const STEPS = 14
const PER_TEST = 50

export function providerChaos(fixture: ProviderFixture, rounds: number): void {
  describe(`provider ${fixture.kind} under random faults`, () => {
    let lab: ProviderLab
    beforeAll(async () => {
      lab = await fixture.start()
    })
    afterAll(() => lab.close())

    const only = process.env.SIPVANE_CHAOS_SEED
    const seeds = only === undefined ? Array.from({ length: rounds }, (_, at) => at + 1) : [Number(only)]
    const blocks = Array.from({ length: Math.ceil(seeds.length / PER_TEST) }, (_, at) =>
      seeds.slice(at * PER_TEST, (at + 1) * PER_TEST),
    )
    test.each(blocks.map((block) => [block[0], block.at(-1), block] as const))(
      'converges and touches nobody else (seeds %i to %i)',
      async (_first, _last, block) => {
        for (const seed of block) {
          try {
            await new Round(fixture, lab, seed).run()
          } catch (error) {
            throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, {
              cause: error,
            })
          }
        }
      },
      180_000,
    )
  })
}

class Round {
  readonly #fixture: ProviderFixture
  readonly #lab: ProviderLab
  readonly #random: Random
  readonly #origin: string
  readonly #marks: 'txt' | 'inline'
  /** What is others' and must stay, by name and type. */
  readonly #others = new Map<string, LabSet>()
  #driver: Driver
  #wanted: Wanted

  constructor(fixture: ProviderFixture, lab: ProviderLab, seed: number) {
    this.#fixture = fixture
    this.#lab = lab
    this.#random = seededRandom(seed)
    this.#origin = `voice.${lab.apex}`
    this.#marks = providerDefinitions.get(fixture.kind)?.marks ?? 'txt'
    this.#driver = this.#restarted()
    this.#wanted = this.#draw()
  }

  async run(): Promise<void> {
    this.#lab.clearFaults()
    for (const { name, type } of await this.#lab.dump()) await this.#lab.remove(name, type)
    await this.#settleOthers()
    for (let step = 0; step < STEPS; step++) await this.#step()
    this.#lab.clearFaults()
    await this.#driver.provider.close()
    this.#driver = this.#restarted()
    await this.#driver.converge(this.#wanted, 60)
    await this.#driver.provider.close()
    const shall = labSets(this.#wanted).filter((set) => !this.#others.has(keyOf(set)))
    const marks = this.#marks === 'txt' ? shall.map((set) => mark(set, 'ns1')) : []
    expect(linesOf(await this.#lab.dump())).toEqual(linesOf([...this.#others.values(), ...shall, ...marks]))
  }

  async #step(): Promise<void> {
    const { faults, compareAndSwap } = this.#fixture
    if (this.#chance(0.3)) this.#wanted = this.#draw()
    if (this.#chance(0.15)) {
      await this.#driver.provider.close()
      this.#driver = this.#restarted()
    }
    if (this.#chance(0.4)) {
      const fault = this.#pick(faults.filter((one) => one !== 'hang'))
      if (fault !== undefined) this.#lab.inject(fault, this.#chance(0.7) ? 'change' : 'any')
    }
    if (this.#chance(0.3)) {
      await this.#meddle()
      this.#driver.reconciler.forget()
    }
    try {
      await this.#driver.step(this.#wanted, async () => {
        if (compareAndSwap && this.#chance(0.2)) await this.#meddle()
      })
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
    }
    const there = new Map((await this.#lab.dump()).map((set) => [keyOf(set), set]))
    for (const [key, set] of this.#others)
      expect(linesOf([there.get(key) ?? gone(set)])).toEqual(linesOf([set]))
  }

  /** One thing that somebody else may do. */
  async #meddle(): Promise<void> {
    const there = await this.#lab.dump()
    const ours = there.filter((set) => !this.#others.has(keyOf(set)) && !set.name.startsWith('_sipvane-'))
    const one = this.#pick(ours)
    const what = this.#random.next()
    if (what < 0.35) {
      const name = `${this.#pick(['mail', 'www', 'phones', '_sip._tls'])}.${this.#origin}`
      await this.#put({
        name,
        type: 'TXT',
        ttl: 300,
        records: [`"${Math.floor(this.#random.next() * 1e6)}"`],
      })
    } else if (what < 0.45) {
      const [key] = [...this.#others].find(([, set]) => set.name.startsWith('phones')) ?? []
      if (key === undefined) return
      const set = this.#others.get(key) as LabSet
      this.#others.delete(key)
      await this.#lab.remove(set.name, set.type)
    } else if (one === undefined) {
      return
    } else if (what < 0.65) {
      await this.#lab.edit({ ...one, ttl: one.ttl + 60 })
    } else if (what < 0.8) {
      await this.#lab.remove(one.name, one.type)
    } else if (one.type === 'A') {
      // Taken over for good: their record, and our mark gone.
      await this.#put({ ...one, ttl: 60, records: ['192.0.2.200'] })
      if (this.#marks === 'txt') await this.#lab.remove(markName(canonicalName(one.name), 'A') ?? '', 'TXT')
    }
  }

  async #put(set: LabSet): Promise<void> {
    this.#others.set(keyOf(set), set)
    await this.#lab.put(set)
  }

  async #settleOthers(): Promise<void> {
    const { apex } = this.#lab
    await this.#put({ name: apex, type: 'MX', ttl: 3600, records: [`10 mail.${apex}`] })
    await this.#put({ name: `www.${apex}`, type: 'CNAME', ttl: 300, records: [`web.${apex}`] })
    // Another instance of sipvane with an owner of its own, on a name that we want as well.
    const rival = { name: `sip3.${this.#origin}`, type: 'A', ttl: 120, records: ['192.0.2.133'] }
    await this.#put(rival)
    if (this.#marks === 'txt') await this.#put(mark(rival, 'rival'))
    else await this.#lab.mark?.(rival.name, rival.type, 'rival')
  }

  #restarted(): Driver {
    const definition = providerDefinitions.get(this.#fixture.kind)
    if (definition === undefined) throw new Error(`no provider ${this.#fixture.kind}`)
    return new Driver(definition, this.#lab)
  }

  /** Some of four servers, as health might have it. */
  #draw(): Wanted {
    const live = [1, 2, 3, 4].filter(() => this.#chance(0.6))
    const lines = live.flatMap((host) => [
      `sip${host} IN A 192.0.2.${10 + host}`,
      `_sip._udp IN SRV ${host * 10} ${Math.floor(this.#random.next() * 3) * 50} 5060 sip${host}`,
    ])
    const [first] = live
    if (first !== undefined)
      lines.push(`@ IN A 192.0.2.${10 + first}`, '@ IN NAPTR 10 50 "s" "SIP+D2U" "" _sip._udp')
    const wanted = wantedOf(lines.join('\n'), this.#origin, this.#chance(0.5) ? 120 : 300)
    const names = ['@', '_sip._udp', 'sip1', 'sip2', 'sip3', 'sip4']
    return {
      ...wanted,
      names: new Set(names.map((name) => canonicalName(name, canonicalName(this.#origin)))),
    }
  }

  #chance(share: number): boolean {
    return this.#random.next() < share
  }

  #pick<One>(list: readonly One[]): One | undefined {
    return list[Math.floor(this.#random.next() * list.length)]
  }
}

function keyOf({ name, type }: LabSet): string {
  return `${name} ${type}`
}

function gone({ name, type }: LabSet): LabSet {
  return { name, type, ttl: 0, records: ['GONE'] }
}

function mark({ name, type }: LabSet, owner: string): LabSet {
  const place = markName(canonicalName(name), type as 'A') ?? ''
  return { name: place, type: 'TXT', ttl: 300, records: [`"${markText({ owner })}"`] }
}
