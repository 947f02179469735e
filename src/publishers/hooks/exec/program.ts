import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../../core/errors.ts'
import { HookError } from '../error.ts'
import { PATH } from './environment.ts'

/** Of each stream; what comes behind it is read and thrown away. */
const OUTPUT_MAX_BYTES = 4096

export interface ProgramEnd {
  /** Null where a signal ended it. */
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** The path of a program: itself where it is absolute, else the first of that name on `PATH`; undefined where none may be run. */
export async function findProgram(program: string): Promise<string | undefined> {
  const paths = program.startsWith('/') ? [program] : PATH.split(':').map((folder) => join(folder, program))
  for (const path of paths) if (await mayRun(path)) return path
  return undefined
}

async function mayRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    const { mode } = await stat(path)
    // To root, `access` grants what execve then refuses: a folder, or a file without any x.
    return (mode & constants.S_IFMT) === constants.S_IFREG && (mode & 0o111) !== 0
  } catch {
    return false
  }
}

/**
 * Runs a program without a shell, in a process group of its own, with no environment but `env` and `input` on stdin. When it ends, or
 * `signal` is aborted, what is left of the group is killed. Rejects with `HookError` where it cannot be started or was stopped.
 */
export function runProgram(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  input: string,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  const [program = '', ...args] = command
  if (signal.aborted) return Promise.reject(new HookError('stopped', 'stopped'))
  let child: ChildProcess
  try {
    child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env, detached: true, cwd: '/' })
  } catch (error) {
    return Promise.reject(new HookError('unusable', `cannot run ${program}: ${messageOf(error)}`))
  }
  return new Promise((resolve, reject) => {
    const texts = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk: Buffer) => {
        texts[name] = (texts[name] + chunk.toString('latin1')).slice(0, OUTPUT_MAX_BYTES)
      })
    }
    // A program that does not read its input closes the pipe under our hands.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
    const leave = () => {
      finish()
      reject(new HookError('stopped', 'stopped'))
    }
    const finish = () => {
      signal.removeEventListener('abort', leave)
      killGroup(child)
      // A child that left the group may hold the pipes for ever.
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    signal.addEventListener('abort', leave, { once: true })
    child.once('error', (error) => {
      finish()
      reject(new HookError('unusable', `cannot run ${program}: ${error.message}`))
    })
    child.once('exit', (exitCode, endedBy) => {
      // One turn for output that is in the pipes already.
      setImmediate(() => {
        finish()
        resolve({ exitCode, signal: endedBy, ...texts })
      })
    })
  })
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // ESRCH: nobody of the group is left.
  }
}
