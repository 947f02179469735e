import { z } from 'zod'
import type { SipvaneEvent } from '../../core/event.ts'
import {
  defineHook,
  type Finding,
  type Hook,
  type HookContext,
  type HookDeps,
  PROMPT_RATE,
} from './definition.ts'
import { HookError } from './error.ts'
import { environmentOf } from './exec/environment.ts'
import { findProgram, runProgram } from './exec/program.ts'

const PROGRAM = /^(?:\/[^\0]*|[A-Za-z0-9_.+-]+)$/
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
/** sysexits.h: "temporary failure, the user is invited to retry". */
const EX_TEMPFAIL = 75

const options = z.strictObject({
  command: z
    .array(z.string().max(4096))
    .min(1)
    .max(100)
    .refine(([program = '']) => PROGRAM.test(program), {
      error: 'allowed: first the program, an absolute path or a name in /usr/bin and its like',
      path: [0],
    })
    .describe(
      'Program and arguments, run without a shell. The event is in SIPVANE_… variables, and on stdin as JSON.',
    ),
  env: z
    .record(z.string().regex(VARIABLE, { error: 'allowed: letters, digits and _' }), z.string())
    .optional()
    .describe(
      'Variables to give it beside SIPVANE_…; nothing else is passed on. Their values are taken for secrets.',
    ),
  takes: z
    .enum(['each', 'newest'])
    .default('each')
    .describe(
      'each: runs for every event, in order; newest: keeps something as the newest decision says, so it is killed and run anew when another comes, and run once after a start. Default each.',
    ),
})

export type ExecOptions = z.output<typeof options>

export const exec = defineHook<ExecOptions>({
  kind: 'exec',
  summary:
    'Runs a program without a shell, the event in its environment and on stdin. Exit code 0: done; 75: try again; any other: failed.',
  options,
  takes: 'each',
  manner: ({ takes }) => (takes === 'newest' ? { takes, atStart: 'ensure' } : { takes }),
  events: [
    'decision.changed',
    'verdict.changed',
    'zone.changed',
    'sight.lost',
    'sight.regained',
    'hook.ran',
    'hook.failed',
  ],
  defaultOn: ['decision.changed'],
  defaultTimeoutMs: 30_000,
  defaultRate: PROMPT_RATE,
  secrets: ({ env }) => Object.values(env ?? {}),
  create: (settings, deps) => new Exec(settings, deps),
})

class Exec implements Hook {
  readonly #options: ExecOptions
  readonly #deps: HookDeps

  constructor(settings: ExecOptions, deps: HookDeps) {
    this.#options = settings
    this.#deps = deps
  }

  async run(event: SipvaneEvent, { signal, dryRun, step }: HookContext): Promise<void> {
    const [name = '', ...args] = this.#options.command
    const program = await findProgram(name)
    if (program === undefined) throw new HookError('unusable', `there is no program ${name} that we may run`)
    if (dryRun) return step(`would run ${program}`)
    const env = environmentOf(event, this.#deps.name, this.#options.env ?? {})
    const end = await runProgram([program, ...args], env, `${JSON.stringify(event)}\n`, signal)
    const said = (end.stderr.trim() || end.stdout.trim()).slice(0, 200)
    const words = said === '' ? '' : `: ${said}`
    if (end.exitCode === 0) return step(`${program} ended well${words}`)
    const how = end.exitCode === null ? `by ${end.signal}` : `with ${end.exitCode}`
    // What a program calls temporary may be tried again; what else it did before it failed we cannot know.
    throw new HookError(
      end.exitCode === EX_TEMPFAIL ? 'failed' : 'refused',
      `${program} ended ${how}${words}`,
    )
  }

  async check(): Promise<Finding[]> {
    const [name = ''] = this.#options.command
    const program = await findProgram(name)
    return program === undefined
      ? [{ result: 'fail', text: `there is no program ${name} that we may run` }]
      : [{ result: 'pass', text: `${program} can be run (a test does not run it)` }]
  }
}
