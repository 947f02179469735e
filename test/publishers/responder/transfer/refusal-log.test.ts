import { describe, expect, it } from 'vitest'
import {
  type Refusal,
  refusalLog,
  refusalMail,
} from '../../../../src/publishers/responder/transfer/refusal-log.ts'
import { recordingLogger } from '../../../support/recording-logger.ts'

const REFUSAL = { client: '192.0.2.9', zone: 'v.test.', why: 'no transfer with this key to this address' }

function scene() {
  const clock = { atMs: 1_000_000, nowMs: () => clock.atMs }
  const logger = recordingLogger()
  const log = refusalLog(logger, clock)
  const fields = () => logger.events.map((event) => event.fields)
  return { clock, log, logger, fields }
}

describe('the log of refusals', () => {
  it('has the same one once a minute, with how many were passed over', () => {
    const { clock, log, logger, fields } = scene()
    for (let i = 0; i < 5; i++) log.refused(REFUSAL)
    clock.atMs += 59_999
    log.refused(REFUSAL)
    expect(fields()).toEqual([REFUSAL])
    clock.atMs += 1
    log.refused(REFUSAL)
    expect(fields()[1]).toEqual({ ...REFUSAL, passedOver: 5 })
    expect(logger.events[0]?.message).toBe(`192.0.2.9 was refused: ${REFUSAL.why} (v.test.)`)
  })

  it('tells what differs apart', () => {
    const { log, fields } = scene()
    log.refused(REFUSAL)
    log.refused({ ...REFUSAL, client: '192.0.2.10' })
    log.refused({ ...REFUSAL, zone: 'w.test.' })
    log.refused({ ...REFUSAL, why: 'the signature is wrong' })
    expect(fields()).toHaveLength(4)
  })

  it('has sixty lines a minute, however many clients there are, and cuts what they say', () => {
    const { clock, log, fields } = scene()
    for (let i = 0; i < 5_000; i++)
      log.refused({ ...REFUSAL, client: `client ${i}`, zone: 'z'.repeat(1_000) })
    expect(fields()).toHaveLength(60)
    expect(fields()[0]?.zone).toHaveLength(255)
    clock.atMs += 60_000
    log.refused(REFUSAL)
    expect(fields()).toHaveLength(61)
  })

  it('has ten lines a minute about one client, which cannot hide those about others', () => {
    const { clock, log, fields } = scene()
    for (let i = 0; i < 1_000; i++) log.refused({ ...REFUSAL, zone: `key invented-${i}.` })
    expect(fields()).toHaveLength(10)
    log.refused({ ...REFUSAL, client: '192.0.2.10' })
    expect(fields()).toHaveLength(11)
    clock.atMs += 60_000
    log.refused({ ...REFUSAL, zone: 'key another.' })
    expect(fields()).toHaveLength(12)
  })

  it('remembers some hundreds of kinds, and no more however many come', () => {
    const { clock, log, fields } = scene()
    for (let i = 0; i < 3; i++) log.refused(REFUSAL)
    for (let minute = 0; minute < 6; minute++) {
      clock.atMs += 60_000
      for (let i = 0; i < 60; i++) log.refused({ ...REFUSAL, client: `client ${minute} ${i}` })
    }
    clock.atMs += 60_000
    log.refused(REFUSAL)
    expect(fields()).toHaveLength(1 + 6 * 60 + 1)
    expect(fields().at(-1)).toEqual(REFUSAL)
  })

  it('is told by threads every ten seconds, and counts what they passed over', () => {
    const { clock, log, fields } = scene()
    const mail: Refusal[] = []
    const threads = [0, 1].map(() => refusalMail(clock, (refusal) => mail.push(refusal)))
    // Each thread is refused something ten times a second, for two minutes.
    for (let i = 0; i < 1_200; i++) {
      for (const thread of threads) thread.refused(REFUSAL)
      for (const refusal of mail.splice(0)) log.refused(refusal)
      clock.atMs += 100
    }
    expect(fields()).toHaveLength(2)
    // The second line comes with the first thread's mail of second 60: it knows of 599 of its own, and of 501 of the other's.
    expect(fields()[1]?.passedOver).toBe(1_100)
  })
})
