import { describe, expect, test } from 'vitest'
import { REASONS, type ReasonCode } from '../../src/core/outcome.ts'
import { judgeOptionsAnswer } from '../../src/probes/response-table.ts'

const judge = (status: number, more: { retryAfterMs?: number; maxForwards?: number } = {}) =>
  judgeOptionsAnswer({ status, maxForwards: 70, ...more })

const each = (reason: ReasonCode, ...statuses: number[]) =>
  statuses.map((status) => [status, reason] as const)

describe('what a final response to OPTIONS says', () => {
  test.each<readonly [number, ReasonCode]>([
    ...each('ok', 200, 202, 299),
    ...each('ok-noted', 300, 301, 302, 305, 380, 399),
    ...each('ok', 401, 407),
    [403, 'ok-noted'],
    ...each('ok', 404, 405, 410, 484, 485, 488, 501, 604, 606),
    [480, 'ok'],
    ...each('ok', 486, 600, 603),
    [482, 'bad-status'],
    ...each('bad-status', 408, 502, 504),
    [503, 'bad-status'],
    ...each('ok-noted', 505, 513),
    ...each('ok-noted', 400, 402, 413, 414, 415, 416, 420, 421, 481, 487, 499),
    ...each('bad-status', 500, 555, 580, 599),
    ...each('ok', 607, 608, 699),
  ])('%i is %s', (status, reason) => {
    expect(judge(status).reason).toBe(reason)
  })

  test('483 is judged by what Max-Forwards we sent', () => {
    expect(judge(483, { maxForwards: 0 }).reason).toBe('ok')
    expect(judge(483, { maxForwards: 1 }).reason).toBe('ok-noted')
    expect(judge(483, { maxForwards: 9 }).reason).toBe('ok-noted')
    expect(judge(483, { maxForwards: 10 }).reason).toBe('bad-status')
    expect(judge(483, { maxForwards: 70 }).reason).toBe('bad-status')
  })

  test('503 with Retry-After is overload, even with 0 seconds', () => {
    expect(judge(503, { retryAfterMs: 120_000 })).toEqual({
      reason: 'overload',
      note: 'asks for no new calls for 120 s',
    })
    expect(judge(503, { retryAfterMs: 0 }).reason).toBe('overload')
  })

  test('Retry-After changes nothing elsewhere', () => {
    for (const status of [200, 404, 480, 486, 500, 600]) {
      expect(judge(status, { retryAfterMs: 5000 })).toEqual(judge(status))
    }
  })

  test('every final status there can be has a verdict, and never one that blames ourselves', () => {
    for (let status = 200; status < 700; status++) {
      const { reason } = judge(status)
      expect(['pass', 'hard']).toContain(REASONS[reason])
      expect(reason).not.toBe('bad-reply')
    }
  })
})
