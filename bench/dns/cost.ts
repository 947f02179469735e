import { readdirSync, readFileSync } from 'node:fs'

export interface TreeCost {
  /** User and system time of all threads of all processes so far, in microseconds, as the scheduler counted it. */
  readonly cpuUs: number
  readonly rssMb: number
}

/** What a process and all its descendants have cost so far, by /proc; Linux only. Threads that have ended are not in it. */
export function treeCost(pid: number): TreeCost {
  let cpuNs = 0
  let rssKb = 0
  for (const one of treeOf(pid)) {
    for (const thread of readdirSync(`/proc/${one}/task`)) {
      cpuNs += Number(readFileSync(`/proc/${one}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    }
    rssKb += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0)
  }
  return { cpuUs: cpuNs / 1000, rssMb: rssKb / 1024 }
}

function treeOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = parentOf(name)
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const tree: number[] = []
  for (const queue = [root]; queue.length > 0; ) {
    const pid = queue.pop() ?? 0
    tree.push(pid)
    queue.push(...(children.get(pid) ?? []))
  }
  return tree
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command in parentheses may hold anything: fields are counted from behind it.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined // it has ended meanwhile
  }
}
