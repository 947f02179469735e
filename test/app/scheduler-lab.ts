import { layOut, type Watch } from '../../src/app/roster.ts'
import { Scheduler } from '../../src/app/scheduler.ts'
import type { HealthState } from '../../src/core/health.ts'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import type { AskContext, Prober } from '../../src/probes/definition.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { settingsOf } from '../support/settings.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const CONFIG = `
probes:
  options: { type: sip-options, interval: 1s, timeout: 500ms, fastInterval: 200ms }
  again: { type: sip-options, interval: 1s, timeout: 500ms, fastInterval: 200ms }
pools:
  edge:
    policy: failover
    probes: [options, again]
    targets:
      sip1: { address: 192.0.2.11 }
`

interface Sent {
  readonly probe: string
  readonly atMs: number
}

export type Answering = (
  context: AskContext,
  time: VirtualTime,
  sent: (atMs: number) => void,
) => Promise<Outcome>

/** Never answers: one retransmission at half the time-out, where the pace allows it. */
export const silent: Answering = (context, time, sent) =>
  new Promise((resolve) => {
    let attempts = 1
    time.after(context.timeoutMs / 2, () => {
      if (context.mayRetransmit?.() === false) return
      attempts++
      sent(time.nowMs())
    })
    time.after(context.timeoutMs, () => resolve(outcome('timeout', { attempts })))
  })

/**
 * Answers after 1 ms until `isAlive` says no; then it is silent but for the retransmission that the budget asks for, where the pace has room
 * for it.
 */
export const wellKnown =
  (isAlive: () => boolean): Answering =>
  (context, time, sent) =>
    new Promise((resolve) => {
      if (isAlive()) {
        time.after(1, () => resolve(outcome('ok', { attempts: 1, rttMs: 1 })))
        return
      }
      let attempts = 1
      time.after(context.retransmitMs ?? context.timeoutMs / 2, () => {
        if (context.mayRetransmit?.() === false) return
        attempts++
        sent(time.nowMs())
      })
      time.after(context.timeoutMs, () => resolve(outcome('timeout', { attempts })))
    })

export const alive: Answering = async () => outcome('ok', { attempts: 1, rttMs: 1 })
export const refusing: Answering = async () => outcome('refused', { attempts: 1 })

/**
 * A scheduler over virtual time with these probes of one target, all answered alike; `requests` and `roundTrips` as a prober tells them.
 */
export function set(
  probes: readonly string[],
  answering: (probe: string) => Answering,
  requests = 1,
  roundTrips?: number,
) {
  const time = new VirtualTime(1_000_000)
  const logger = recordingLogger()
  const sent: Sent[] = []
  const outcomes: Outcome[] = []
  const health = new Map<string, HealthState>()
  const scheduler = new Scheduler({
    clock: time,
    timers: time,
    random: { next: () => 0.5 },
    logger,
    observe(watch, seen) {
      outcomes.push(seen)
      const state = step(
        health.get(watch.key) ?? initialHealth(time.nowMs()),
        seen,
        watch.probe,
        time.nowMs(),
      )
      health.set(watch.key, state)
      return state
    },
  })
  const prober = (watch: Watch): Prober => ({
    requests,
    ...(roundTrips === undefined ? {} : { roundTrips }),
    start: async () => {},
    close: async () => {},
    ask(_target, _address, context) {
      sent.push({ probe: watch.probe.name, atMs: time.nowMs() })
      return answering(watch.probe.name)(context, time, (atMs) =>
        sent.push({ probe: watch.probe.name, atMs }),
      )
    },
  })
  const watches = [...layOut(settingsOf(CONFIG)).watches.values()].filter((watch) =>
    probes.includes(watch.probe.name),
  )
  for (const watch of watches) scheduler.start(watch, prober(watch), 0)
  return { time, scheduler, sent, outcomes, health, logger, watches }
}
