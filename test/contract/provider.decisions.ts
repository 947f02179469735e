/** What every kind of provider owes its caller when decisions overlap, calls end half-way, or clocks disagree. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/core/ports.ts'
import { ProviderError } from '../../src/publishers/providers/error.ts'
import { providerDefinitions } from '../../src/publishers/providers/registry.ts'
import { groupsOf } from '../../src/publishers/reconcile/order.ts'
import { Driver, labSets, linesOf, realClock, wantedOf } from '../support/provider-driver.ts'
import type { ProviderFixture, ProviderLab } from '../support/provider-fixture.ts'
import { seededRandom } from '../support/virtual-time.ts'
import { FAILED_OVER, WANTED } from './provider.contract.ts'

export function providerDecisions(fixture: ProviderFixture): void {
  const definition = providerDefinitions.get(fixture.kind)
  if (definition === undefined) throw new Error(`no provider ${fixture.kind}`)
  let lab: ProviderLab
  let drivers: Driver[] = []
  let origin = ''
  const begin = async (start: () => Promise<ProviderLab>) => {
    lab = await start()
    origin = `voice.${lab.apex}`
  }
  beforeEach(() => begin(fixture.start))
  afterEach(async () => {
    for (const driver of drivers) await driver.provider.close()
    drivers = []
    await lab.close()
  })
  const drive = () => {
    const driver = new Driver(definition, lab)
    drivers.push(driver)
    return driver
  }
  const wanted = (text = WANTED) => wantedOf(text, origin)
  const ours = async () =>
    linesOf((await lab.dump()).filter(({ name, type }) => type !== 'TXT' || !name.startsWith('_sipvane-')))

  describe(`provider ${fixture.kind}, decision after decision`, () => {
    test('lets two instances with one owner carry out the same decision, one after the other', async () => {
      const [first, second] = [drive(), drive()]
      for (const driver of [first, second]) await driver.converge(wanted())
      for (const text of [FAILED_OVER, WANTED, FAILED_OVER]) {
        const calls = lab.changeCalls()
        await first.converge(wanted(text))
        // The second one still knows the zone as it was before.
        await second.converge(wanted(text))
        expect(lab.changeCalls() - calls).toBeLessThanOrEqual(2)
        expect(await ours()).toEqual(linesOf(labSets(wanted(text))))
      }
      expect(first.errors).toEqual([])
      expect(second.errors.filter(({ fault }) => fault !== 'conflict')).toEqual([])
      const calls = lab.changeCalls()
      for (const driver of [first, second, first]) {
        driver.reconciler.forget()
        await driver.converge(wanted(FAILED_OVER))
      }
      expect(lab.changeCalls()).toBe(calls)
    })

    test('never sends what a newer decision has taken the place of', async () => {
      const driver = drive()
      await driver.converge(wanted())
      const calls = lab.changeCalls()
      await driver.reconciler.prepare(wanted(FAILED_OVER), driver.signal)
      expect(driver.reconciler.plan(wanted(FAILED_OVER)).changes).not.toEqual([])
      expect((await driver.converge(wanted())).changes).toEqual([])
      expect(lab.changeCalls()).toBe(calls)
    })

    test.each(['failed', 'lost', 'cut'] as const)(
      'carries out the newer decision after a call for the older one ended badly (%s)',
      async (fault) => {
        if (!fixture.faults.includes(fault)) return
        const driver = drive()
        await driver.converge(wanted())
        lab.inject(fault, 'change')
        await driver.step(wanted(FAILED_OVER)).catch((error: unknown) => {
          if (!(error instanceof ProviderError)) throw error
        })
        lab.clearFaults()
        await driver.converge(wanted())
        expect(await ours()).toEqual(linesOf(labSets(wanted())))
      },
    )

    test('makes nothing twice and touches nobody else where its first reading shows an empty zone', async () => {
      if (lab.blank === undefined) return
      const theirs = { name: `sip2.${origin}`, type: 'A', ttl: 600, records: ['192.0.2.77'] }
      await lab.put(theirs)
      await drive().converge(wanted())
      const there = await ours()
      const again = drive()
      lab.blank()
      expect((await again.converge(wanted())).refusals).toMatchObject([
        { name: theirs.name, code: 'not-ours' },
      ])
      expect(again.errors.map(({ fault }) => fault)).toEqual(['conflict'])
      expect(await ours()).toEqual(there)
    })

    test('believes a zone that is empty all at once only when a second reading says so', async () => {
      if (lab.blank === undefined) return
      const driver = drive()
      await driver.converge(wanted())
      const [calls, there] = [lab.changeCalls(), await lab.dump()]
      driver.reconciler.forget()
      lab.blank()
      expect((await driver.converge(wanted())).changes).toEqual([])
      expect(driver.errors).toMatchObject([{ fault: 'failed', retryable: true }])
      expect(lab.changeCalls()).toBe(calls)
      expect(linesOf(await lab.dump())).toEqual(linesOf(there))
    })

    test('lets go with an error of its own where it is told to while it waits for its turn', async () => {
      const abort = new AbortController()
      const provider = definition.create(definition.options.parse(lab.options), {
        clock: realClock,
        timers: realClock,
        random: seededRandom(1),
        logger: silentLogger,
        // As a pacer whose budget is used up.
        pace: {
          turn: (signal) =>
            new Promise((_, reject) => {
              if (signal.aborted) reject(signal.reason)
              else signal.addEventListener('abort', () => reject(signal.reason))
            }),
          throttled: () => {},
          hold: () => {},
        },
      })
      const opening = provider.open(abort.signal).catch((error: unknown) => error)
      setTimeout(() => abort.abort(), 50)
      expect(await opening).toBeInstanceOf(ProviderError)
      expect(await opening).toMatchObject({ uncertain: false })
      await provider.close()
    })

    test('ends right when a half of a plan was made before the process ended, whichever half', async () => {
      const names = groupsOf(await planOf()).length
      expect(names).toBeGreaterThan(3)
      for (let made = 1; made < names; made++) {
        await drive().converge(wantedOf('', origin))
        const first = drive()
        await first.reconciler.prepare(wanted(), first.signal)
        const groups = groupsOf(first.reconciler.plan(wanted()).changes)
        for (const group of groups.slice(0, made)) await first.reconciler.apply(group, first.signal)
        const second = drive()
        await second.converge(wanted())
        expect(second.errors).toEqual([])
        expect(await ours()).toEqual(linesOf(labSets(wanted())))
      }
      async function planOf() {
        const driver = drive()
        await driver.reconciler.prepare(wanted(), driver.signal)
        return driver.reconciler.plan(wanted()).changes
      }
    })

    test('says that it is the clocks, and by how much, where a wrong clock is what fails', async () => {
      if (fixture.startAhead === undefined) return
      await lab.close()
      await begin(fixture.startAhead)
      const { provider, signal } = drive()
      const error = await provider
        .open(signal)
        .then(() => provider.read({ origins: wanted().origins, names: [...wanted().names] }, signal))
        .catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ fault: 'clock', uncertain: false })
      expect((error as ProviderError).message).toMatch(/clock is .*(behind|ahead)/)
    })
  })
}
