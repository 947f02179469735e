import type { ProviderReport, StatusReport } from '../../app/status.ts'
import type { CommandModule } from '../command.ts'
import { callInstance, findInstance, type InstanceOptions, withInstance } from '../instance.ts'
import { EXIT, printJson, printLine } from '../io.ts'

export const statusCommand: CommandModule = {
  register(program, io, done) {
    withInstance(program.command('status'))
      .description('ask a running instance how things are')
      .action(async (options: InstanceOptions) => {
        const instance = await findInstance(io, options)
        if (instance === undefined) return done(EXIT.badUsage)
        const report = (await callInstance(instance, 'GET', '/v1/status')) as StatusReport
        if (options.json === true) printJson(io, report)
        else for (const line of render(report)) printLine(io, line)
        done(EXIT.fine)
      })
  },
}

function* render(report: StatusReport): Generator<string> {
  const state = report.ready ? 'ready' : `not ready: ${report.notReady.join('; ')}`
  yield `${report.node}: sipvane ${report.version}, ${state}, since ${report.started}`
  if (report.blind) yield 'NOTHING ANSWERS: our own network is the likely fault; answers are frozen'
  for (const [origin, zone] of Object.entries(report.zones))
    yield `zone ${origin} serial ${zone.serial}, ${zone.sets} record sets`
  for (const [name, provider] of Object.entries(report.providers)) yield providerLine(name, provider)
  for (const [name, pool] of Object.entries(report.pools)) {
    yield ''
    yield `pool ${name} (${pool.policy})`
    for (const decision of pool.decisions) {
      const active = decision.active.map((member) => member.target).join(', ') || 'nothing'
      const view = pool.decisions.length > 1 ? ` by ${decision.probes}` : ''
      yield `  serves ${active}${view}: ${decision.mode}${decision.why[0] === undefined ? '' : `, ${decision.why[0]}`}`
    }
    for (const [target, { addresses, real, effective, since, why }] of Object.entries(pool.targets)) {
      const shown = real === effective ? effective : `${effective} (measured: ${real})`
      yield `  ${target.padEnd(16)} ${shown.padEnd(9)} ${addresses.join(' ')}  since ${since}${why[0] === undefined ? '' : `  ${why[0]}`}`
    }
  }
}

function providerLine(
  name: string,
  { kind, state, owned, refusals, held, failure, lastApplied }: ProviderReport,
): string {
  const facts = [
    `${owned} record sets`,
    lastApplied === undefined ? undefined : `changed ${lastApplied}`,
    refusals.length === 0 ? undefined : `${refusals.length} left alone`,
    held,
    failure === undefined
      ? undefined
      : `${failure.message} (${failure.attempts} attempts since ${failure.since})`,
  ].filter((fact) => fact !== undefined)
  return `provider ${name} (${kind}) ${state}: ${facts.join(', ')}`
}
