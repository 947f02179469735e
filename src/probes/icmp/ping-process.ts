import { spawn } from 'node:child_process'
import { errnoOf, messageOf } from '../../core/errors.ts'
import { type Outcome, outcome } from '../../core/outcome.ts'
import type { Timers } from '../../core/ports.ts'
import { printable } from '../../wire/sip/printable.ts'
import type { AskContext } from '../definition.ts'
import { Places } from '../exec/places.ts'
import { familyOf } from '../transport/errno-reasons.ts'
import { judgePing, type PingRun } from './ping-output.ts'

/** Processes at once; more questions wait for their turn. */
const MAX_PROCESSES = 16
const MAX_OUTPUT_BYTES = 8192
const SHORTAGES = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'])

/** Asks by the system's ping (iputils), one process a question. */
export class PingProcesses {
  readonly #timers: Timers
  readonly #places: Places

  constructor(timers: Timers) {
    this.#timers = timers
    this.#places = new Places(MAX_PROCESSES, timers)
  }

  /** One echo request, by `source` where given, an address or an interface. Never rejects. */
  async ask(address: string, source: string | undefined, context: AskContext): Promise<Outcome> {
    const turn = await this.#places.take(context)
    if (turn.kind === 'aborted') return outcome('aborted', { attempts: 0 })
    if (turn.kind === 'timeout') {
      const detail = `more than ${MAX_PROCESSES} pings wait for their answer`
      return outcome('no-resources', { attempts: 0, detail })
    }
    try {
      return await this.#run(address, source, context)
    } finally {
      this.#places.leave()
    }
  }

  async #run(address: string, source: string | undefined, context: AskContext): Promise<Outcome> {
    // Withdrawn while it waited for its turn.
    if (context.signal?.aborted === true) return outcome('aborted', { attempts: 0 })
    // ping's own time-out is a net under ours: no process outlives us for long, even if we are killed.
    const seconds = Math.max(1, Math.ceil(context.timeoutMs / 1000) + 1)
    const leaveBy = source === undefined ? [] : ['-I', source]
    const args = [`-${familyOf(address)}`, '-n', '-c', '1', '-W', String(seconds), ...leaveBy, address]
    context.trace?.({ direction: 'note', text: `ping ${args.join(' ')}` })
    const run = await this.#spawn(args, context).catch(
      (error: unknown): PingEnd => ({ kind: 'error', error }),
    )
    if (run.kind === 'aborted') return outcome('aborted', { attempts: 1 })
    if (run.kind === 'error') {
      const detail = printable(`cannot run ping: ${messageOf(run.error)}`)
      const short = SHORTAGES.has(errnoOf(run.error) ?? '')
      return outcome(short ? 'no-resources' : 'internal', { attempts: 0, detail })
    }
    for (const line of `${run.stdout}\n${run.stderr}`.split('\n').filter((text) => text.trim() !== '')) {
      context.trace?.({ direction: 'received', text: printable(line) })
    }
    return judgePing(run)
  }

  #spawn(args: readonly string[], context: AskContext): Promise<PingEnd> {
    return new Promise((resolve) => {
      const settle = (end: PingEnd) => {
        cancel()
        context.signal?.removeEventListener('abort', abort)
        resolve(end)
      }
      const abort = () => {
        aborted = true
        kill()
      }
      const kill = () => child.kill('SIGKILL')
      const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' }
      const child = spawn('ping', args, { stdio: ['ignore', 'pipe', 'pipe'], env })
      let aborted = false
      const texts = { stdout: '', stderr: '' }
      const cancel = this.#timers.after(context.timeoutMs, kill)
      context.signal?.addEventListener('abort', abort)
      for (const name of ['stdout', 'stderr'] as const) {
        // No pipes where the system had no handles left for them.
        child[name]?.on('data', (chunk: Buffer) => {
          texts[name] = (texts[name] + chunk.toString('latin1')).slice(0, MAX_OUTPUT_BYTES)
        })
      }
      child.on('error', (error) => {
        if (child.pid === undefined) settle({ kind: 'error', error })
      })
      // `close` comes when the process has ended and both pipes are empty.
      child.on('close', (exitCode) => {
        settle(aborted ? { kind: 'aborted' } : { kind: 'ran', exitCode, ...texts })
      })
    })
  }
}

type PingEnd =
  | ({ readonly kind: 'ran' } & PingRun)
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'aborted' }
