import { readFileSync } from 'node:fs'

/** Linux counts CPU time in hundredths of a second towards user space (USER_HZ). */
const TICK_MS = 10

export interface ProcessCost {
  /** User and system time of all threads so far, in milliseconds. */
  readonly cpuMs: number
  /** How long the main thread could have run and had no core, in milliseconds: what other work on the machine takes from it. */
  readonly waitedMs: number
  readonly rssMb: number
}

/** What a process has cost so far, by /proc; Linux only. */
export function processCost(pid: number): ProcessCost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command in parentheses may hold anything: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    waitedMs: Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6,
    rssMb: Number(rss?.[1] ?? 0) / 1024,
  }
}
