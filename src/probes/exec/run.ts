import { type ChildProcess, spawn } from 'node:child_process'
import type { Timers } from '../../core/ports.ts'
import type { AskContext } from '../definition.ts'
import { withinBudget } from '../transport/budget.ts'

export type RunEnd =
  | { readonly kind: 'ended'; readonly exitCode: number | null; readonly signal: string | null }
  | { readonly kind: 'not-started'; readonly error: Error }
  | { readonly kind: 'timeout' | 'aborted' }

export interface Run {
  readonly end: RunEnd
  /** At most `OUTPUT_MAX_BYTES`, one character an octet. */
  readonly output: string
}

const OUTPUT_MAX_BYTES = 8192
/** A child that left the group may hold the pipes for ever: they are let go of this long after the end. */
const LINGER_MS = 200

/**
 * Runs a program in a process group of its own, without a shell and with no environment but `env`; whatever of the group is left
 * when it ends, or when the budget does, is killed.
 */
export async function run(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  context: AskContext,
  timers: Timers,
): Promise<Run> {
  const [program = '', ...args] = command
  let child: ChildProcess
  try {
    child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true, cwd: '/' })
  } catch (error) {
    // An argument with a NUL, or a list too long for the system.
    return {
      end: { kind: 'not-started', error: error instanceof Error ? error : new Error(String(error)) },
      output: '',
    }
  }
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    // No pipes where the system had no handles left for them.
    child[name]?.on('data', (chunk: Buffer) => {
      texts[name] = (texts[name] + chunk.toString('latin1')).slice(0, OUTPUT_MAX_BYTES)
    })
  }
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const end = await withinBudget<RunEnd>(context, timers, (settle) => {
    child.once('error', (error) => {
      if (child.pid === undefined) settle({ kind: 'not-started', error })
    })
    child.once('exit', (exitCode, signal) => settle({ kind: 'ended', exitCode, signal }))
  })
  killGroup(child)
  if (child.pid !== undefined) await lingered(child, closed, timers)
  return { end, output: texts.stdout.trim() === '' ? texts.stderr : texts.stdout }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // ESRCH: nobody of the group is left.
  }
}

/** Waits for the rest of the output, and for the handles to go. */
async function lingered(child: ChildProcess, closed: Promise<void>, timers: Timers): Promise<void> {
  let cancel = () => {}
  const enough = new Promise<void>((resolve) => {
    cancel = timers.after(LINGER_MS, resolve)
  })
  await Promise.race([closed, enough])
  cancel()
  child.stdout?.destroy()
  child.stderr?.destroy()
}
