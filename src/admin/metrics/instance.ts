import type { Subject } from './instruments.ts'

/** The monitor itself, and the zones that it serves. */
export const instance: Subject = (make) => {
  const info = make.gauge('info', 'Always 1; carries the version.', ['version', 'node'])
  const ready = make.gauge('ready', '1 when the first round is done and zones are loaded.')
  const blind = make.gauge('blind', '1 while nothing answers and decisions are frozen.')
  const lateness = make.gauge('question_lateness_seconds', 'How far behind schedule questions start.', [
    'quantile',
  ])
  const serial = make.gauge('zone_serial', 'SOA serial.', ['zone'])

  return ({ version, node, ready: isReady, blind: isBlind, questions, zones }) => {
    info.set({ version, node }, 1)
    ready.set({}, Number(isReady))
    blind.set({}, Number(isBlind))
    lateness.set({ quantile: '0.5' }, questions.p50Ms / 1000)
    lateness.set({ quantile: '0.99' }, questions.p99Ms / 1000)
    lateness.set({ quantile: '1' }, questions.worstMs / 1000)
    for (const [zone, { serial: value }] of Object.entries(zones)) serial.set({ zone }, value)
  }
}
