import { describe, expect, it } from 'vitest'
import type { NotifySettings } from '../../../src/core/dns-settings.ts'
import { Notifier } from '../../../src/publishers/notify/notifier.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { readMessage } from '../../../src/wire/dns/read-message.ts'
import { tsigKey } from '../../../src/wire/dns/tsig/key.ts'
import { signMessage } from '../../../src/wire/dns/tsig/sign.ts'
import { verifyRequest } from '../../../src/wire/dns/tsig/verify-request.ts'
import { snapshotOf, zoneOf } from '../../support/dns-zone.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { seededRandom, VirtualTime } from '../../support/virtual-time.ts'

const TO = { address: '192.0.2.53', port: 53 }
const KEY = tsigKey('fleet', 'hmac-sha256', 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=')
const zone = (serial: number, name = 'v.test.') => zoneOf(name, `@ SOA ns h ${serial} 2 3 4 5\n@ NS ns`)

function lab(target: Partial<NotifySettings['targets'][number]> = {}) {
  const time = new VirtualTime(1_700_000_000_000)
  const logger = recordingLogger()
  const sent: { atMs: number; bytes: Uint8Array }[] = []
  const notifier = new Notifier(
    { targets: [{ to: TO, ...target }], timeoutMs: 1_000, retries: 2 },
    new Map([[KEY.name, KEY]]),
    {
      ...{ clock: time, timers: time, random: seededRandom(1), logger, publisher: 'dns' },
      send: (bytes) => sent.push({ atMs: time.nowMs() - 1_700_000_000_000, bytes }),
    },
  )
  return { time, logger, sent, notifier }
}

/** The secondary's word on a NOTIFY: the same with QR and this RCODE, without answer. */
function reply(bytes: Uint8Array, rcode = 0): Uint8Array {
  const reading = readMessage(bytes)
  if (!reading.ok) throw new Error(reading.fault)
  const out = new Uint8Array(bytes.subarray(0, reading.message.answers[0]?.start))
  out[2] = (out[2] ?? 0) | 0x80
  out[3] = rcode
  out.set([0, 0, 0, 0, 0, 0], 6)
  return out
}
const last = (sent: readonly { bytes: Uint8Array }[]) => sent.at(-1)?.bytes ?? new Uint8Array()

describe('NOTIFY (RFC 1996)', () => {
  it('carries AA, the question and the SOA as a hint', () => {
    const { notifier, sent } = lab()
    notifier.publish(snapshotOf(zone(7)))
    expect(readMessage(last(sent))).toMatchObject({
      ok: true,
      message: {
        ...{ opcode: 4, authoritative: true, response: false },
        questions: [{ name: 'v.test.', type: 6, class: 1 }],
        answers: [{ rdata: { type: 'SOA', serial: 7 } }],
      },
    })
  })

  it('is repeated with doubled pauses until it is given up, which is said with the reason', async () => {
    const { notifier, sent, time, logger } = lab()
    notifier.publish(snapshotOf(zone(7)))
    await time.advance(60_000)
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 1_000, 3_000])
    expect(logger.messagesOf('notify.gave-up')).toEqual([
      '192.0.2.53:53 did not acknowledge serial 7 of v.test. (no answer); it will find it at its next refresh',
    ])
    expect(notifier.pending).toBe(0)
    expect(time.pending).toBe(0)
  })

  it('ends with the acknowledgement, and comes once a serial', async () => {
    const { notifier, sent, time } = lab()
    notifier.publish(snapshotOf(zone(7)))
    notifier.receive(reply(last(sent)), TO)
    notifier.publish(snapshotOf(zone(7)))
    await time.advance(60_000)
    expect(sent).toHaveLength(1)
    notifier.publish(snapshotOf(zone(8)))
    expect(sent).toHaveLength(2)
  })

  it('tells a newer serial at once, and repeats the older one no more', async () => {
    const { notifier, sent, time } = lab()
    for (let serial = 1; serial <= 3; serial++) notifier.publish(snapshotOf(zone(serial)))
    notifier.receive(reply(last(sent)), TO)
    await time.advance(60_000)
    expect(sent).toHaveLength(3)
  })

  it('believes no acknowledgement from elsewhere, of another id or zone', async () => {
    const { notifier, sent, time } = lab()
    notifier.publish(snapshotOf(zone(7)))
    const good = reply(last(sent))
    notifier.receive(good, { ...TO, port: 54 })
    notifier.receive(good, { ...TO, address: '192.0.2.54' })
    notifier.receive(
      good.map((octet, at) => (at === 0 ? octet ^ 1 : octet)),
      TO,
    )
    notifier.receive(
      good.map((octet, at) => (at === 13 ? 0x78 : octet)),
      TO,
    )
    for (let length = 0; length < good.length; length++) notifier.receive(good.subarray(0, length), TO)
    expect(notifier.pending).toBe(1)
    await time.advance(1_000)
    expect(sent).toHaveLength(2)
  })

  it('goes on over a refusal, and names it in the end', async () => {
    const { notifier, sent, time, logger } = lab()
    notifier.publish(snapshotOf(zone(7)))
    notifier.receive(reply(last(sent), 5), TO)
    await time.advance(60_000)
    expect(logger.messagesOf('notify.gave-up')[0]).toContain('(REFUSED)')
  })

  it('is signed where there is a key, and only a signed answer counts', async () => {
    const { notifier, sent, time } = lab({ key: KEY.name })
    notifier.publish(snapshotOf(zone(7)))
    const check = verifyRequest(last(sent), new Map([[KEY.name, KEY]]), time.nowMs())
    if (check.kind !== 'signed') throw new Error(check.kind)
    const plain = reply(check.message)
    notifier.receive(plain, TO)
    expect(notifier.pending).toBe(1)
    notifier.receive(signMessage(plain, KEY, time.nowMs(), { requestMac: check.mac }).bytes, TO)
    expect(notifier.pending).toBe(0)
  })

  it('goes only for the zones that a target is for, few at a time', () => {
    const only = lab({ zones: [canonicalName('v.test.')] })
    only.notifier.publish(snapshotOf(zone(1), zone(1, 'w.test.')))
    expect(only.sent).toHaveLength(1)
    const all = lab()
    all.notifier.publish(snapshotOf(...Array.from({ length: 100 }, (_, i) => zone(1, `z${i}.test.`))))
    expect(all.sent).toHaveLength(32)
    all.notifier.receive(reply(last(all.sent)), TO)
    expect(all.sent).toHaveLength(33)
  })
})
