import { describe, expect, it } from 'vitest'
import { EventLog, RECENT_MAX } from '../../src/app/event-log.ts'
import type { EventFacts, SipvaneEvent } from '../../src/core/event.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const FACTS: EventFacts = { type: 'zone.changed', zone: 'voice.example.com.', serial: 1 }

function set() {
  const logger = recordingLogger()
  const deferred: (() => void)[] = []
  const log = new EventLog({
    clock: new VirtualTime(1_800_000_000_000),
    logger,
    node: 'ns1',
    defer: (deliver) => deferred.push(deliver),
  })
  const deliver = () => {
    for (const each of deferred.splice(0)) each()
  }
  return { log, logger, deliver }
}

describe('the event log', () => {
  it('stamps events with an id of their own, when and where', () => {
    const { log } = set()
    log.tell(FACTS)
    log.tell(FACTS)
    const [first, second] = log.recent()
    expect(first).toMatchObject({ ...FACTS, atMs: 1_800_000_000_000, node: 'ns1' })
    expect(first?.id).not.toBe(second?.id)
  })

  it('hands events on in order, and not before what is being decided was published', () => {
    const { log, deliver } = set()
    const seen: SipvaneEvent[] = []
    const leave = log.subscribe((event) => seen.push(event))
    log.tell(FACTS)
    log.tell({ type: 'sight.lost', watched: 3 })
    expect(seen).toEqual([])
    deliver()
    expect(seen.map(({ type }) => type)).toEqual(['zone.changed', 'sight.lost'])
    leave()
    log.tell(FACTS)
    deliver()
    expect(seen).toHaveLength(2)
  })

  it('goes on when a listener throws, for the others too', () => {
    const { log, logger, deliver } = set()
    const seen: SipvaneEvent[] = []
    log.subscribe(() => {
      throw new Error('broken')
    })
    log.subscribe((event) => seen.push(event))
    log.tell(FACTS)
    deliver()
    expect(seen).toHaveLength(1)
    expect(logger.messagesOf('event.not-taken')).toHaveLength(1)
  })

  it('keeps a bounded number of the last ones', () => {
    const { log } = set()
    for (let serial = 1; serial <= 5 * RECENT_MAX; serial++) log.tell({ ...FACTS, serial } as EventFacts)
    expect(log.recent()).toHaveLength(RECENT_MAX)
    expect(log.recent(2)).toMatchObject([{ serial: 5 * RECENT_MAX - 1 }, { serial: 5 * RECENT_MAX }])
  })

  it('gives what is behind an id, everything behind an unknown one, and puts earlier runs first', () => {
    const { log } = set()
    log.tell(FACTS)
    log.recall([{ ...FACTS, serial: 0, id: 'old-1', atMs: 1, node: 'ns1' } as SipvaneEvent])
    expect(log.recent(10, 'old-1')).toMatchObject([{ serial: 1 }])
    expect(log.recent(10, 'nobody-knows')).toHaveLength(2)
  })
})
