import { expect, test } from 'vitest'
import { overrideOf } from '../../src/app/override-order.ts'
import { targetId } from '../../src/core/brand.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const target = targetId('edge', 'sip1')
const clock = { nowMs: () => 1_000 }

test('an order for an hour becomes an override until an hour from now', () => {
  const logger = recordingLogger()
  const order = { kind: 'drain', forMs: 3_600_000, reason: 'kernel', author: 'ann' } as const
  expect(overrideOf(target, order, { clock, logger })).toEqual({
    kind: 'drain',
    reason: 'kernel',
    author: 'ann',
    untilMs: 3_601_000,
  })
  expect(logger.events.map(({ event, message }) => [event, message])).toEqual([
    ['override.set', 'edge/sip1 is set to drain by ann, kernel'],
  ])
})

test('an order without an end holds until it is withdrawn, and both are said', () => {
  const logger = recordingLogger()
  expect(overrideOf(target, { kind: 'down' }, { clock, logger })).toEqual({ kind: 'down' })
  expect(
    overrideOf(target, { kind: 'auto', author: 'ann', reason: 'done' }, { clock, logger }),
  ).toBeUndefined()
  expect(logger.events.map(({ message }) => message)).toEqual([
    'edge/sip1 is set to down by an operator',
    'edge/sip1 follows what is measured again, by ann, done',
  ])
})
