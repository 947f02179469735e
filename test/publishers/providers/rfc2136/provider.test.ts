import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { octetsOfRdata } from '../../../../src/publishers/providers/rfc2136/sets.ts'
import { TYPE } from '../../../../src/wire/dns/constants.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'
import { tsigKey } from '../../../../src/wire/dns/tsig/key.ts'
import { recordingLogger } from '../../../support/recording-logger.ts'
import { createRfc2136Server, type Rfc2136Server } from '../../../support/rfc2136-server.ts'
import { UpdatableZone } from '../../../support/rfc2136-zone.ts'
import {
  creations,
  deletion,
  find,
  linesOf,
  noAbort,
  readAll,
  setsOf,
  type UpdateProviderOptions,
  updateProvider,
} from '../../../support/update-provider.ts'
import { KEY } from '../../../support/update-server.ts'

const ZONE = 'example.test'
const KEYED = tsigKey(KEY.name, KEY.algorithm, KEY.secret)

describe('the rfc2136 provider', () => {
  let zone: UpdatableZone
  let server: Rfc2136Server
  const begin = async (options: { transfer?: boolean } = {}) => {
    zone = new UpdatableZone(canonicalName(`${ZONE}.`))
    server = await createRfc2136Server({ zone, key: KEYED, ...options })
  }
  beforeEach(() => begin())
  afterEach(() => server.close())
  const provider = (options: UpdateProviderOptions = {}) =>
    updateProvider(server.at, { timeout: '400ms', zone: ZONE, ...options })
  const store = (text: string) => {
    for (const { name, type, ttl, records } of setsOf(ZONE, text))
      zone.put({ name, type: TYPE[type as 'A'], ttl, octets: records.map(octetsOfRdata) })
  }
  const setSerial = (serial: number) => {
    zone.serial = serial
  }
  const asked = (type: number) =>
    server.requests.filter(({ message }) => message.questions[0]?.type === type).length

  it('refuses a `zone` that is only a name in one: updates of it would be sent to no zone at all', async () => {
    await expect(provider({ zone: `sub.${ZONE}` }).open(noAbort())).rejects.toMatchObject({
      fault: 'no-zone',
    })
    expect((await provider().open(noAbort())).origin).toBe(`${ZONE}.`)
  })

  it('has an update accepted in one call, and verifies it when asked whether it settled', async () => {
    const one = provider()
    await readAll(one, ZONE)
    const before = server.requests.length
    const applied = await one.apply(creations(ZONE, 'a A 192.0.2.1\nb A 192.0.2.2'), noAbort())
    expect(server.requests.length - before).toBe(1)
    expect(applied.reference).toMatch(/^update \d+ of example\.test\.$/)
    expect(await one.settled?.(applied, noAbort())).toBe(true)
    // Nothing is left to be asked.
    const asks = server.requests.length
    expect(await one.settled?.(applied, noAbort())).toBe(true)
    expect(server.requests.length).toBe(asks)
  })

  it.each([
    ['the answer is not what was set', () => store('a A 192.0.2.66')],
    ['the TTL is not', () => store('a 31 A 192.0.2.1')],
    ['what was deleted is still there', () => store('gone A 192.0.2.9')],
    ['the serial did not move', () => setSerial(1)],
    ['the serial went back', () => setSerial(0xffffffff)],
  ])('is not settled while %s', async (_, spoil) => {
    store('gone A 192.0.2.9')
    zone.serial = 1
    const one = provider()
    const read = await readAll(one, ZONE)
    const applied = await one.apply(
      [...creations(ZONE, 'a A 192.0.2.1'), deletion(find(read, ZONE, 'gone', 'A'))],
      noAbort(),
    )
    const good = { sets: new Map(zone.sets), serial: zone.serial }
    spoil()
    expect(await one.settled?.(applied, noAbort())).toBe(false)
    zone.sets.clear()
    for (const [key, set] of good.sets) zone.sets.set(key, set)
    zone.serial = good.serial
    expect(await one.settled?.(applied, noAbort())).toBe(true)
  })

  it('asks for names where transfers are declined, says so once, and tries again when it is opened anew', async () => {
    await server.close()
    await begin({ transfer: false })
    store('a A 192.0.2.1\nb A 192.0.2.2')
    const logger = recordingLogger()
    const one = provider({ logger })
    await one.open(noAbort())
    expect(linesOf(await readAll(one, ZONE, ['a', 'nobody']))).toEqual([`a.${ZONE}. 30 IN A 192.0.2.1`])
    await readAll(one, ZONE, ['a'])
    expect(asked(TYPE.AXFR)).toBe(1)
    expect(logger.messagesOf('provider.no-transfer')).toEqual([
      expect.stringMatching(/^no transfer of example\.test\. \(REFUSED\): /),
    ])
    await one.open(noAbort())
    await readAll(one, ZONE, ['a'])
    expect(asked(TYPE.AXFR)).toBe(2)
  })

  it('goes on over another connection where the server closes after some answers', async () => {
    const text = Array.from({ length: 40 }, (_, i) => `n${i} A 192.0.2.${i}`).join('\n')
    store(text)
    let served = 0
    server.fate = () => (++served % 150 === 0 ? 'cut' : 'answer')
    const names = Array.from({ length: 40 }, (_, i) => `n${i}`)
    expect(linesOf(await readAll(provider({ read: 'queries' }), ZONE, names))).toEqual(
      linesOf(setsOf(ZONE, text)),
    )
    expect(served).toBeGreaterThan(300)
  })

  it('gives up where the server closes each time before an answer', async () => {
    server.fate = () => 'cut'
    await expect(readAll(provider({ read: 'queries', transport: 'tcp' }), ZONE, ['a'])).rejects.toMatchObject(
      { fault: 'unreachable' },
    )
  })

  it.each([
    ['unsigned', 'credentials'],
    ['garbage', 'protocol'],
    ['hang', 'timeout'],
  ] as const)('believes no answer that is %s, over UDP or TCP', async (fate, fault) => {
    server.fate = () => fate
    await expect(provider().apply(creations(ZONE, 'a A 192.0.2.1'), noAbort())).rejects.toMatchObject({
      fault,
      uncertain: true,
    })
    expect(new Set(server.requests.map(({ transport }) => transport))).toEqual(new Set(['udp', 'tcp']))
  })

  it('says that nothing is there when nothing listens', async () => {
    const one = provider({ transport: 'tcp' })
    await server.close()
    await expect(one.apply(creations(ZONE, 'a A 192.0.2.1'), noAbort())).rejects.toMatchObject({
      fault: 'unreachable',
      uncertain: false,
    })
    await expect(provider().apply(creations(ZONE, 'a A 192.0.2.1'), noAbort())).rejects.toMatchObject({
      fault: 'unreachable',
      uncertain: true,
    })
    await begin()
  })

  it.each(['open', 'read', 'apply'] as const)('leaves at once when %s is aborted', async (what) => {
    server.fate = () => 'hang'
    const one = provider({ timeout: '60s' })
    const abort = new AbortController()
    const work = {
      open: () => one.open(abort.signal),
      read: () => one.read({ origins: [zone.apex], names: [zone.apex] }, abort.signal),
      apply: () => one.apply(creations(ZONE, 'a A 192.0.2.1'), abort.signal),
    }[what]()
    setTimeout(() => abort.abort(), 30)
    const startMs = performance.now()
    await expect(work).rejects.toMatchObject({ code: 'provider-timeout' })
    expect(performance.now() - startMs).toBeLessThan(900)
    await expect(one.open(abort.signal)).rejects.toMatchObject({ code: 'provider-timeout' })
  })

  it('changes nothing where one of the zones of a batch is not there', async () => {
    const one = updateProvider(server.at, { timeout: '400ms' })
    await readAll(one, ZONE)
    const both = [...creations(ZONE, 'c A 192.0.2.1'), ...creations('elsewhere.test', 'c A 192.0.2.1')]
    await expect(one.apply(both, noAbort())).rejects.toMatchObject({ fault: 'no-zone' })
    expect(zone.get(canonicalName(`c.${ZONE}.`), TYPE.A)).toBeUndefined()
  })
})
