import type { PoolReport, TargetReport } from '../../app/pool-report.ts'
import type { Subject } from './instruments.ts'

/** Targets, their probes, and what pools decide. */
export const health: Subject = (make) => {
  const target = ['pool', 'target'] as const
  const up = make.gauge(
    'target_up',
    '1 when the target is served as up or degraded, 0 when it is down.',
    target,
  )
  const degraded = make.gauge('target_degraded', '1 when the target is degraded.', target)
  const overridden = make.gauge('target_overridden', '1 while an override of an operator holds.', target)
  const watch = ['pool', 'target', 'address', 'probe'] as const
  const probeUp = make.gauge('probe_up', '1 up, 0 down; absent while unknown.', watch)
  const probeRtt = make.gauge('probe_rtt_seconds', 'Round trip of the last answer.', watch)
  const probeLoss = make.gauge(
    'probe_loss_ratio',
    'Share of requests that went unanswered while the server lived.',
    watch,
  )
  const mode = make.gauge('pool_mode', '1 for the mode that the decision is in.', ['pool', 'probes', 'mode'])
  const active = make.gauge('pool_active_targets', 'Targets that get traffic now.', ['pool', 'probes'])

  return ({ pools }) => {
    for (const [pool, report] of Object.entries(pools)) {
      fillDecisions(pool, report)
      for (const [name, one] of Object.entries(report.targets)) fillTarget(pool, name, one)
    }
  }

  function fillDecisions(pool: string, { decisions }: PoolReport): void {
    for (const decision of decisions) {
      mode.set({ pool, probes: decision.probes, mode: decision.mode }, 1)
      active.set({ pool, probes: decision.probes }, decision.active.length)
    }
  }

  function fillTarget(pool: string, name: string, { effective, override, probes }: TargetReport): void {
    up.set({ pool, target: name }, Number(effective !== 'down'))
    degraded.set({ pool, target: name }, Number(effective === 'degraded'))
    overridden.set({ pool, target: name }, Number(override !== undefined))
    for (const { address, probe, status, loss, last } of probes) {
      const labels = { pool, target: name, address, probe }
      if (status !== 'unknown') probeUp.set(labels, Number(status === 'up'))
      if (last?.rttMs !== undefined) probeRtt.set(labels, last.rttMs / 1000)
      probeLoss.set(labels, loss)
    }
  }
}
