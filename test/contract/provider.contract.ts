/** What every kind of provider owes its caller. A kind adds a fixture (`test/support/provider-fixture.ts`) and a test of two lines. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PROVIDER_FAULTS, ProviderError } from '../../src/publishers/providers/error.ts'
import { providerDefinitions } from '../../src/publishers/providers/registry.ts'
import { markName, markText } from '../../src/publishers/reconcile/marks.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { Driver, type DriverOptions, labSets, linesOf, wantedOf } from '../support/provider-driver.ts'
import type { LabFault, LabSet, ProviderFixture, ProviderLab } from '../support/provider-fixture.ts'

export const WANTED = `
@           IN A     192.0.2.11
            IN AAAA  2001:db8::11
_sip._udp   IN SRV   10 60 5060 sip1
            IN SRV   20 100 5060 sip2
@           IN NAPTR 10 50 "s" "SIP+D2U" "" _sip._udp
sip1        IN A     192.0.2.11
            IN AAAA  2001:db8::11
sip2        IN A     192.0.2.12
*.branch    IN A     192.0.2.11
`
/** sip1 is dead: its addresses stay for whoever holds an old SRV. */
export const FAILED_OVER = WANTED.replace(
  '@           IN A     192.0.2.11',
  '@           IN A     192.0.2.12',
)
  .replace('            IN AAAA  2001:db8::11\n_sip', '_sip')
  .replace('_sip._udp   IN SRV   10 60 5060 sip1\n            IN SRV', '_sip._udp   IN SRV')

const RETRYABLE: readonly LabFault[] = ['throttled', 'busy', 'failed', 'lost', 'cut', 'hang']

export function providerContract(fixture: ProviderFixture): void {
  const definition = providerDefinitions.get(fixture.kind)
  if (definition === undefined) throw new Error(`no provider ${fixture.kind}`)
  const { marks } = definition
  let lab: ProviderLab
  let drivers: Driver[] = []
  let origin = ''
  beforeEach(async () => {
    lab = await fixture.start()
    origin = `voice.${lab.apex}`
  })
  afterEach(async () => {
    for (const driver of drivers) await driver.provider.close()
    drivers = []
    await lab.close()
  })
  const drive = (options: DriverOptions = {}) => {
    const driver = new Driver(definition, lab, options)
    drivers.push(driver)
    return driver
  }
  const wanted = (text = WANTED) => wantedOf(text, origin)
  const isMark = ({ name, type }: LabSet) => type === 'TXT' && name.startsWith('_sipvane-')
  const ours = async () => linesOf((await lab.dump()).filter((set) => !isMark(set)))
  const foreign = (): LabSet[] => [
    { name: lab.apex, type: 'MX', ttl: 3600, records: [`10 mail.${lab.apex}`] },
    { name: lab.apex, type: 'TXT', ttl: 3600, records: ['"v=spf1 mx -all"'] },
    { name: `www.${lab.apex}`, type: 'CNAME', ttl: 300, records: [`web.${lab.apex}`] },
    { name: `phones.${origin}`, type: 'A', ttl: 600, records: ['192.0.2.99'] },
    { name: `_sip._tcp.${origin}`, type: 'SRV', ttl: 600, records: [`0 0 5060 phones.${origin}`] },
  ]

  describe(`provider ${fixture.kind}`, () => {
    test('knows its limits without asking', () => {
      const limits = definition.limits(definition.options.parse(lab.options))
      expect(limits.types).toEqual(expect.arrayContaining(['A', 'AAAA', 'SRV', 'NAPTR']))
      expect(limits.ttl.min).toBeLessThanOrEqual(limits.ttl.max)
      expect(limits.callsPerSecond).toBeGreaterThan(0)
      for (const { max } of limits.batch) expect(max).toBeGreaterThan(0)
      expect(lab.changeCalls()).toBe(0)
    })

    test('refuses a key that it does not know', () => {
      expect(definition.options.safeParse(lab.options).success).toBe(true)
      expect(definition.options.safeParse({ ...lab.options, surely: 'unknown' }).success).toBe(false)
    })

    test('finds its zone, and publishes every type that answers have', async () => {
      const driver = drive()
      expect((await driver.provider.open(driver.signal)).origin).toBe(lab.apex)
      const plan = await driver.converge(wanted())
      expect(driver.errors).toEqual([])
      expect(plan.refusals).toEqual([])
      expect(await ours()).toEqual(linesOf(labSets(wanted())))
    })

    test('changes nothing that is right already, in the same process and after a restart', async () => {
      await drive().converge(wanted())
      const calls = lab.changeCalls()
      const again = drive()
      const plan = await again.converge(wanted())
      again.reconciler.forget()
      expect((await again.converge(wanted())).changes).toEqual([])
      expect(plan.owned).toBe(wanted().sets.length)
      expect(lab.changeCalls()).toBe(calls)
    })

    test('takes a failover over in one call', async () => {
      const driver = drive()
      await driver.converge(wanted())
      const calls = lab.changeCalls()
      await driver.converge(wanted(FAILED_OVER))
      expect(lab.changeCalls()).toBe(calls + 1)
      expect(await ours()).toEqual(linesOf(labSets(wanted(FAILED_OVER))))
      await driver.converge(wanted())
      expect(lab.changeCalls()).toBe(calls + 2)
      expect(await ours()).toEqual(linesOf(labSets(wanted())))
    })

    test('leaves what others have byte for byte, whatever it does', async () => {
      for (const set of foreign()) await lab.put(set)
      const driver = drive()
      await driver.converge(wanted())
      await driver.converge(wanted(FAILED_OVER))
      await driver.converge(wantedOf('', origin))
      expect(linesOf(await lab.dump())).toEqual(linesOf(foreign()))
    })

    test('leaves alone a set that nobody marked, until told to adopt it', async () => {
      const set = { name: `sip2.${origin}`, type: 'A', ttl: 600, records: ['192.0.2.77'] }
      await lab.put(set)
      const plan = await drive().converge(wanted())
      expect(plan.refusals).toMatchObject([{ name: set.name, type: 'A', code: 'not-ours' }])
      expect(await ours()).toContain(linesOf([set])[0])
      const adopted = await drive({ adopt: true }).converge(wanted())
      expect(adopted.refusals).toEqual([])
      expect(await ours()).toEqual(linesOf(labSets(wanted())))
      expect((await drive().converge(wanted())).owned).toBe(wanted().sets.length)
    })

    test("leaves another owner's sets alone, told to adopt or not", async () => {
      const other = drive({ owner: 'other' })
      await other.converge(wanted('sip2 IN A 192.0.2.77'))
      const plan = await drive({ adopt: true }).converge(wanted())
      expect(plan.refusals).toMatchObject([{ name: `sip2.${origin}`, type: 'A', code: 'other-owner' }])
      expect(await ours()).toContain(`sip2.${origin} 120 A 192.0.2.77`)
      await drive().converge(wantedOf('', origin))
      expect(await ours()).toEqual([`sip2.${origin} 120 A 192.0.2.77`])
    })

    test('leaves what external-dns marked to it, below our origin and at it, told to adopt or not', async () => {
      const text = '"heritage=external-dns,external-dns/owner=k8s,external-dns/resource=ingress/x"'
      const theirs: LabSet[] = [
        { name: origin, type: 'A', ttl: 600, records: ['192.0.2.77'] },
        { name: `a-${origin}`, type: 'TXT', ttl: 600, records: [text] },
        { name: `sip2.${origin}`, type: 'A', ttl: 600, records: ['192.0.2.78'] },
        { name: `a-sip2.${origin}`, type: 'TXT', ttl: 600, records: [text] },
      ]
      for (const set of theirs) await lab.put(set)
      const plan = await drive({ adopt: true }).converge(wanted())
      expect(plan.refusals.map(({ name, code }) => [name, code]).sort()).toEqual([
        [`sip2.${origin}`, 'other-owner'],
        [origin, 'other-owner'],
      ])
      expect(await ours()).toEqual(expect.arrayContaining(linesOf(theirs)))
    })

    test('finds and mends what others changed of its own', async () => {
      const driver = drive()
      await driver.converge(wanted())
      await lab.edit({ name: `sip1.${origin}`, type: 'A', ttl: 120, records: ['192.0.2.66'] })
      await lab.edit({ name: `sip2.${origin}`, type: 'A', ttl: 3600, records: ['192.0.2.12'] })
      await lab.remove(`_sip._udp.${origin}`, 'SRV')
      driver.reconciler.forget()
      await driver.converge(wanted())
      expect(await ours()).toEqual(linesOf(labSets(wanted())))
    })

    test('sees that a set appeared since it looked, and does not overwrite it', async () => {
      const driver = drive()
      const set = { name: `sip2.${origin}`, type: 'A', ttl: 600, records: ['192.0.2.77'] }
      await driver
        .step(wanted(), () => lab.put(set))
        .catch((error: unknown) => {
          expect(error).toMatchObject({ fault: 'conflict', retryable: true })
        })
      driver.reconciler.forget()
      const plan = await driver.converge(wanted())
      expect(plan.refusals).toMatchObject([{ name: set.name, code: 'not-ours' }])
      expect(await ours()).toContain(linesOf([set])[0])
    })

    test.runIf(fixture.compareAndSwap)('sees that its set was taken over since it looked', async () => {
      const driver = drive()
      await driver.converge(wanted())
      const taken = { name: `voice.${lab.apex}`, type: 'A', ttl: 60, records: ['192.0.2.200'] }
      const takeOver = async () => {
        await lab.put(taken)
        const mark = markName(canonicalName(taken.name), 'A')
        if (marks === 'txt') await lab.remove(mark ?? '', 'TXT')
      }
      await expect(driver.step(wanted(FAILED_OVER), takeOver)).rejects.toMatchObject({ fault: 'conflict' })
      expect(await ours()).toContain(linesOf([taken])[0])
      const plan = await driver.converge(wanted(FAILED_OVER))
      expect(plan.refusals).toMatchObject([{ name: taken.name, type: 'A', code: 'not-ours' }])
      expect(await ours()).toContain(linesOf([taken])[0])
    })

    test.each(fixture.faults)('%s: says so by a code, shows no secret, and gets over it', async (fault) => {
      const driver = drive()
      await driver.converge(wanted())
      lab.inject(fault, 'change')
      const error = await driver.step(wanted(FAILED_OVER)).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(ProviderError)
      const { code, message, retryable, uncertain } = error as ProviderError
      expect(PROVIDER_FAULTS.map((one) => `provider-${one}`)).toContain(code)
      const named: readonly LabFault[] = ['throttled', 'busy', 'failed', 'credentials', 'scope']
      if (named.includes(fault)) expect(code).toBe(`provider-${fault}`)
      if (fault === 'hang') expect(code).toBe('provider-timeout')
      if (RETRYABLE.includes(fault)) expect(retryable).toBe(true)
      if (fault === 'lost' || fault === 'hang' || fault === 'garbage') expect(uncertain).toBe(true)
      expect(message).toMatch(/^[\x20-\x7e]{1,600}$/)
      expectNoSecret(error)
      lab.clearFaults()
      await driver.converge(wanted(FAILED_OVER))
      expect(await ours()).toEqual(linesOf(labSets(wanted(FAILED_OVER))))
    })

    test('shows no secret when it cannot even begin', async () => {
      for (const fault of fixture.faults) {
        const driver = drive()
        lab.inject(fault, 'any')
        expectNoSecret(await driver.provider.open(driver.signal).catch((error: unknown) => error))
        lab.clearFaults()
      }
    })

    test('lets go at once when told to', async () => {
      if (!fixture.faults.includes('hang')) return
      const { provider } = drive()
      const abort = new AbortController()
      lab.inject('hang', 'any')
      const opening = provider.open(abort.signal)
      setTimeout(() => abort.abort(), 50)
      const startMs = performance.now()
      await expect(opening).rejects.toBeDefined()
      expect(performance.now() - startMs).toBeLessThan(400)
    })

    test('takes an old mark of ours away with its set, and none of others', async () => {
      const driver = drive()
      await driver.converge(wanted())
      const stray = {
        name: `_sipvane-a.gone.${origin}`,
        type: 'TXT',
        ttl: 300,
        records: [`"${markText({ owner: 'other' })}"`],
      }
      if (marks === 'txt') await lab.put(stray)
      driver.reconciler.forget()
      await driver.converge(wanted('sip1 IN A 192.0.2.11'))
      const left = (await lab.dump()).filter(isMark).map(({ name }) => name)
      expect(left.sort()).toEqual(marks === 'txt' ? [stray.name, `_sipvane-a.sip1.${origin}`].sort() : [])
    })
  })

  /** Not in the message, nor anywhere that a logger or `util.inspect` would look. */
  function expectNoSecret(error: unknown): void {
    const seen = new Set<unknown>()
    const text: string[] = []
    const look = (value: unknown, depth: number) => {
      if (typeof value === 'string') text.push(value)
      if (typeof value !== 'object' || value === null || seen.has(value) || depth > 12) return
      seen.add(value)
      for (const key of Reflect.ownKeys(value)) look((value as Record<PropertyKey, unknown>)[key], depth + 1)
    }
    look(error, 0)
    for (const secret of lab.secrets) expect(text.join('\n').includes(secret)).toBe(false)
  }
}
