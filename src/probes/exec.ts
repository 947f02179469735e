import { z } from 'zod'
import { errnoOf, messageOf, SipvaneError } from '../core/errors.ts'
import { type Outcome, outcome } from '../core/outcome.ts'
import type { Target } from '../core/target.ts'
import { printable } from '../wire/sip/printable.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { environment, fillIn, findProgram, PLACEHOLDERS, unknownPlaceholder } from './exec/command-line.ts'
import { judgeRun } from './exec/judge-run.ts'
import { Places } from './exec/places.ts'
import { run } from './exec/run.ts'
import { ownRouteFault } from './transport/routes.ts'

const PROGRAM = /^(?:\/[^\0]*|[A-Za-z0-9_.+-]+)$/
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
const braces = PLACEHOLDERS.map((word) => `{${word}}`).join(', ')

const argument = z
  .string()
  .max(4096)
  .superRefine((text, context) => {
    const unknown = unknownPlaceholder(text)
    if (unknown !== undefined)
      context.addIssue({ code: 'custom', message: `{${unknown}} stands for nothing; allowed: ${braces}` })
  })

const options = z.strictObject({
  command: z
    .array(argument)
    .min(1)
    .max(100)
    .refine(([program = '']) => PROGRAM.test(program), {
      error: 'the first entry is the program: an absolute path, or a name in /usr/bin and its like',
      path: [0],
    })
    .describe(`Program and arguments, run without a shell. In an argument stand for themselves: ${braces}.`),
  env: z
    .record(z.string().regex(VARIABLE), z.string())
    .optional()
    .describe('Variables to give it, beside SIPVANE_…; nothing else is passed on.'),
})

export type ExecSettings = z.output<typeof options>

/** Processes of one probe at once; more questions wait for their turn. */
const MAX_PROCESSES = 16

export const exec = defineProbe<ExecSettings>({
  kind: 'exec',
  summary:
    'Runs a program by the rules of Nagios plugins: proves what the program proves. Costs this host a process a question, ' +
    'the server whatever the program asks of it.',
  // As Nagios has it: plugins take their time.
  defaults: { intervalMs: 30_000, timeoutMs: 10_000 },
  options,
  create: (settings, deps) => new ExecProber(settings, deps),
})

class ExecProber implements Prober {
  readonly #settings: ExecSettings
  readonly #deps: ProbeDeps
  readonly #places: Places
  #program = ''

  constructor(settings: ExecSettings, deps: ProbeDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#places = new Places(MAX_PROCESSES, deps.timers)
  }

  async start(): Promise<void> {
    const [program = ''] = this.#settings.command
    const found = await findProgram(program)
    if (found === undefined) {
      throw new SipvaneError('exec-unusable', `there is no program ${printable(program)} that we may run`)
    }
    this.#program = found
  }

  async close(): Promise<void> {}

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    if (target.source !== undefined) {
      // The program might not notice, or call it the target's fault.
      const fault = await ownRouteFault(address, target.source)
      if (fault !== undefined) return outcome(fault.reason, { attempts: 0, detail: fault.detail })
    }
    const { clock } = this.#deps
    const askedMs = clock.nowMs()
    const turn = await this.#places.take(context)
    if (turn.kind === 'aborted') return outcome('aborted', { attempts: 0 })
    if (turn.kind === 'timeout') {
      const detail = `more than ${MAX_PROCESSES} of this probe's processes are running`
      return outcome('no-resources', { attempts: 0, detail })
    }
    try {
      const leftMs = Math.max(1, context.timeoutMs - (clock.nowMs() - askedMs))
      return await this.#run(target, address, { ...context, timeoutMs: leftMs })
    } finally {
      this.#places.leave()
    }
  }

  async #run(target: Target, address: string, context: AskContext): Promise<Outcome> {
    if (context.signal?.aborted === true) return outcome('aborted', { attempts: 0 })
    const [, ...args] = this.#settings.command
    const command = [this.#program, ...args.map((each) => fillIn(each, target, address))]
    const env = environment(target, address, context.timeoutMs, this.#settings.env ?? {})
    // Arguments are not shown: a password, filled in from the environment, may be among them.
    const few = `${args.length} argument${args.length === 1 ? '' : 's'}`
    context.trace?.({ direction: 'note', text: printable(`running ${this.#program} with ${few}`) })
    const startMs = this.#deps.clock.nowMs()
    const { end, output } = await run(command, env, context, this.#deps.timers)
    for (const line of output.split('\n').filter((text) => text.trim() !== '')) {
      context.trace?.({ direction: 'received', text: printable(line) })
    }
    if (end.kind === 'ended') return judgeRun(end, output, this.#deps.clock.nowMs() - startMs)
    if (end.kind === 'not-started') {
      const short = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'].includes(errnoOf(end.error) ?? '')
      const detail = printable(`cannot run it: ${messageOf(end.error)}`)
      return outcome(short ? 'no-resources' : 'internal', { attempts: 0, detail })
    }
    if (end.kind === 'aborted') return outcome('aborted', { attempts: 1 })
    return outcome('timeout', { attempts: 1, detail: 'the program did not end in time' })
  }
}
