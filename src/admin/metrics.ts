import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { PoolReport, StatusReport } from '../app/status.ts'

export interface Metrics {
  readonly contentType: string
  /** The Prometheus text format. */
  render(): Promise<string>
}

/** Everything is read from the status at the moment of a scrape: nothing is counted twice, and nothing while nobody looks. */
export function createMetrics(status: () => StatusReport): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name: `sipvane_${name}`, help, labelNames, registers: [registry] })
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: `sipvane_${name}`, help, labelNames, registers: [registry] })

  const info = gauge('info', 'Always 1; carries the version.', ['version', 'node'])
  const ready = gauge('ready', '1 when the first round is done and zones are loaded.')
  const blind = gauge('blind', '1 while nothing answers and decisions are frozen.')
  const targetUp = gauge('target_up', '1 when the target is served as up or degraded, 0 when it is down.', [
    'pool',
    'target',
  ])
  const targetDegraded = gauge('target_degraded', '1 when the target is degraded.', ['pool', 'target'])
  const targetOverridden = gauge('target_overridden', '1 while an override of an operator holds.', [
    'pool',
    'target',
  ])
  const watch = ['pool', 'target', 'address', 'probe'] as const
  const probeUp = gauge('probe_up', '1 up, 0 down; absent while unknown.', watch)
  const probeRtt = gauge('probe_rtt_seconds', 'Round trip of the last answer.', watch)
  const probeLoss = gauge(
    'probe_loss_ratio',
    'Share of requests that went unanswered while the server lived.',
    watch,
  )
  const mode = gauge('pool_mode', '1 for the mode that the decision is in.', ['pool', 'probes', 'mode'])
  const active = gauge('pool_active_targets', 'Targets that get traffic now.', ['pool', 'probes'])
  const serial = gauge('zone_serial', 'SOA serial.', ['zone'])
  const lateness = gauge('question_lateness_seconds', 'How far behind schedule questions start.', [
    'quantile',
  ])
  const dns = counter('dns_total', 'What the responder did, by what it counts.', ['what'])
  const responses = counter('dns_responses_total', 'DNS responses by RCODE.', ['rcode'])

  return {
    contentType: registry.contentType,
    render() {
      const report = status()
      for (const one of [
        targetUp,
        targetDegraded,
        targetOverridden,
        probeUp,
        probeRtt,
        probeLoss,
        mode,
        active,
        serial,
      ])
        one.reset()
      info.set({ version: report.version, node: report.node }, 1)
      ready.set(Number(report.ready))
      blind.set(Number(report.blind))
      for (const [zone, { serial: value }] of Object.entries(report.zones)) serial.set({ zone }, value)
      for (const [pool, one] of Object.entries(report.pools)) fillPool(pool, one)
      lateness.set({ quantile: '0.5' }, report.questions.p50Ms / 1000)
      lateness.set({ quantile: '0.99' }, report.questions.p99Ms / 1000)
      lateness.set({ quantile: '1' }, report.questions.worstMs / 1000)
      fillDns(report.dns?.counters)
      return registry.metrics()
    },
  }

  function fillPool(pool: string, report: PoolReport): void {
    for (const decision of report.decisions) {
      mode.set({ pool, probes: decision.probes, mode: decision.mode }, 1)
      active.set({ pool, probes: decision.probes }, decision.active.length)
    }
    for (const [target, { effective, override, probes }] of Object.entries(report.targets)) {
      targetUp.set({ pool, target }, Number(effective !== 'down'))
      targetDegraded.set({ pool, target }, Number(effective === 'degraded'))
      targetOverridden.set({ pool, target }, Number(override !== undefined))
      for (const { address, probe, status: health, loss, last } of probes) {
        const labels = { pool, target, address, probe }
        if (health !== 'unknown') probeUp.set(labels, Number(health === 'up'))
        if (last?.rttMs !== undefined) probeRtt.set(labels, last.rttMs / 1000)
        probeLoss.set(labels, loss)
      }
    }
  }

  /** The responder counts since its start, and Prometheus wants just that. */
  function fillDns(counters: unknown): void {
    if (typeof counters !== 'object' || counters === null) return
    dns.reset()
    responses.reset()
    for (const [what, value] of Object.entries(counters)) {
      if (typeof value === 'number') dns.inc({ what }, value)
      else if (what === 'responses')
        for (const [rcode, count] of Object.entries(value)) responses.inc({ rcode }, Number(count))
    }
  }
}
