import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Prober, TraceStep } from '../../src/probes/definition.ts'
import { icmp } from '../../src/probes/icmp.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { realTime } from '../support/sip-real-time.ts'
import { labTarget } from '../support/sip-targets.ts'

function prober(): Prober {
  const sip = createSipTransports({ clock: realTime, timers: realTime })
  return icmp.create({}, probeDeps({ clock: realTime, timers: realTime, sip }))
}

/** Where the system's ping cannot work (no iputils, no right to raw sockets), only the refusal can be tested. */
const works = await prober()
  .start()
  .then(
    () => true,
    () => false,
  )

describe('the icmp probe', () => {
  test.runIf(works)(
    'an address that answers passes, with the round-trip time that ping measured',
    async () => {
      const steps: TraceStep[] = []
      const context = { timeoutMs: 2000, trace: (step: TraceStep) => steps.push(step) }
      const answer = await prober().ask(labTarget(1), '127.0.0.1', context)
      expect(answer).toMatchObject({ result: 'pass', reason: 'ok', attempts: 1 })
      expect(answer.rttMs).toBeGreaterThan(0)
      expect(answer.rttMs).toBeLessThan(100)
      expect(steps[0]?.text).toMatch(/^ping -4 -n -c 1 -W 3 127\.0\.0\.1$/)
      expect(steps.some((step) => step.direction === 'received')).toBe(true)
    },
  )

  test.runIf(works)('IPv6 works alike', async () => {
    expect(await prober().ask(labTarget(1), '::1', { timeoutMs: 2000 })).toMatchObject({ result: 'pass' })
  })

  test.runIf(works)('a source of ours that does not exist is our own fault', async () => {
    const target = labTarget(1, { source: '192.0.2.77' })
    expect(await prober().ask(target, '127.0.0.1', { timeoutMs: 2000 })).toMatchObject({
      result: 'inconclusive',
      reason: 'no-route',
      attempts: 0,
    })
  })

  test.runIf(works)('forty questions at once all get their answer, sixteen processes at a time', async () => {
    const one = prober()
    let most = 0
    const children = () =>
      execFileSync('ps', ['-o', 'comm=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    const watch = setInterval(() => {
      most = Math.max(
        most,
        children()
          .split('\n')
          .filter((name) => name === 'ping').length,
      )
    }, 5)
    const asked = Array.from({ length: 40 }, () => one.ask(labTarget(1), '127.0.0.1', { timeoutMs: 5000 }))
    const answers = await Promise.all(asked)
    clearInterval(watch)
    expect(answers.filter((answer) => answer.result === 'pass')).toHaveLength(40)
    expect(most).toBeLessThanOrEqual(16)
  })

  test('where there is no ping the start is refused, and says what to install', async () => {
    const path = process.env.PATH
    process.env.PATH = '/nonexistent'
    try {
      await expect(prober().start()).rejects.toMatchObject({
        code: 'icmp-unavailable',
        message: expect.stringContaining('iputils'),
      })
      expect(await prober().ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })).toMatchObject({
        result: 'inconclusive',
        reason: 'internal',
        attempts: 0,
      })
    } finally {
      process.env.PATH = path
    }
  })
})
