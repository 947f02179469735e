import { askOnce, type RoundResult } from '../../app/ask-once.ts'
import type { TargetId } from '../../core/brand.ts'
import type { Settings } from '../../core/settings.ts'
import type { Target } from '../../core/target.ts'
import type { CommandModule } from '../command.ts'
import { type CliIo, complain, EXIT, printJson, printLine } from '../io.ts'
import { settingsOrFaults, withConfig } from '../settings.ts'

const MARKS = { sent: '>', received: '<', note: '*' } as const

export const probeCommand: CommandModule = {
  register(program, io, done) {
    withConfig(program.command('probe'))
      .description('ask one target one round of questions and show every message; exit code 1 when one fails')
      .argument('<pool/target>', 'the target, as `edge/sip1`')
      .option('--json', 'machine-readable output')
      .action(async (name: string, { config, json }: { config: string; json?: boolean }) => {
        const settings = await settingsOrFaults(io, config, json)
        if (settings === undefined) return done(EXIT.badUsage)
        const target = findTarget(settings, name)
        if (target === undefined) {
          complain(io, `${config}: there is no target ${name}; there are: ${targetNames(settings)}`)
          return done(EXIT.badUsage)
        }
        const results: RoundResult[] = []
        for await (const result of askOnce(settings, target)) {
          results.push(result)
          if (json !== true) show(io, result)
        }
        if (json === true) printJson(io, { target: target.id, results })
        done(results.every(({ outcome }) => outcome.result === 'pass') ? EXIT.fine : EXIT.failed)
      })
  },
}

function findTarget(settings: Settings, name: string): Target | undefined {
  return allTargets(settings).find((target) => target.id === (name as TargetId))
}

function targetNames(settings: Settings): string {
  const names = allTargets(settings).map((target) => target.id)
  return names.length <= 10
    ? names.join(', ')
    : `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`
}

function allTargets(settings: Settings): Target[] {
  return [...settings.pools.values()].flatMap((pool) => pool.targets)
}

function show(io: CliIo, { probe, kind, address, steps, outcome }: RoundResult): void {
  printLine(io, `${probe} (${kind}) ${address}`)
  for (const step of steps) {
    for (const line of step.text.trimEnd().split('\n'))
      printLine(io, `  ${MARKS[step.direction]} ${line.trimEnd()}`)
  }
  const facts = [
    outcome.rttMs === undefined ? undefined : `${outcome.rttMs.toFixed(1)} ms`,
    `${outcome.attempts} sent`,
    outcome.detail,
    outcome.impaired === undefined ? undefined : `impaired: ${outcome.impaired}`,
  ].filter((fact) => fact !== undefined)
  printLine(io, `  = ${outcome.result} ${outcome.reason} (${facts.join(', ')})`)
  printLine(io)
}
