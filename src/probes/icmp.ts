import { spawn } from 'node:child_process'
import { z } from 'zod'
import { errnoOf, messageOf, SipvaneError } from '../core/errors.ts'
import { type Outcome, outcome } from '../core/outcome.ts'
import type { Target } from '../core/target.ts'
import { printable } from '../wire/sip/printable.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { judgePing, type PingRun } from './ping-output.ts'
import { familyOf } from './transport/errno-reasons.ts'

const options = z.strictObject({})

export type IcmpSettings = z.output<typeof options>

export const icmp = defineProbe<IcmpSettings>({
  kind: 'icmp',
  summary:
    "Sends one ICMP echo request by the system's ping: proves that the host and the path live, nothing about SIP. " +
    'Costs the server nothing, this host one short process a question.',
  options,
  create: (_settings, deps) => new IcmpProber(deps),
})

/** Processes at once; more questions wait for their turn. */
const MAX_PROCESSES = 16
const MAX_OUTPUT_BYTES = 8192
const START_TIMEOUT_MS = 2000

class IcmpProber implements Prober {
  readonly #deps: ProbeDeps
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(deps: ProbeDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    const judged = await this.#ping('127.0.0.1', undefined, { timeoutMs: START_TIMEOUT_MS })
    if (judged.result === 'pass') return
    throw new SipvaneError(
      'icmp-unavailable',
      `ping does not work here (${judged.detail ?? judged.reason}): install iputils (Debian: iputils-ping), and give it ` +
        'cap_net_raw or put our group into the sysctl net.ipv4.ping_group_range',
    )
  }

  async close(): Promise<void> {}

  ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    return this.#ping(address, target.source, context)
  }

  async #ping(address: string, source: string | undefined, context: AskContext): Promise<Outcome> {
    if (!(await this.#turn(context))) {
      return context.signal?.aborted === true
        ? outcome('aborted', { attempts: 0 })
        : outcome('no-resources', {
            attempts: 0,
            detail: `more than ${MAX_PROCESSES} pings wait for their answer`,
          })
    }
    try {
      return await this.#run(address, source, context)
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  /** Waits for one of the places; false where the budget ended first. */
  async #turn(context: AskContext): Promise<boolean> {
    if (context.signal?.aborted === true) return false
    if (this.#running < MAX_PROCESSES) {
      this.#running++
      return true
    }
    return await new Promise((resolve) => {
      const settle = (mayRun: boolean) => {
        cancel()
        context.signal?.removeEventListener('abort', giveUp)
        const at = this.#waiting.indexOf(go)
        if (at >= 0) this.#waiting.splice(at, 1)
        if (mayRun) this.#running++
        resolve(mayRun)
      }
      const go = () => settle(true)
      const giveUp = () => settle(false)
      const cancel = this.#deps.timers.after(context.timeoutMs, giveUp)
      context.signal?.addEventListener('abort', giveUp)
      this.#waiting.push(go)
    })
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
      const short = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'].includes(errnoOf(run.error) ?? '')
      const detail = printable(`cannot run ping: ${messageOf(run.error)}`)
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
      const cancel = this.#deps.timers.after(context.timeoutMs, kill)
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
