import type { Target } from '../../../core/target.ts'

/** Every target of the pool needs a holder, and every holder a target: a slip here would show at the first failover. */
export function holderFaults(
  holders: Readonly<Record<string, unknown>>,
  targets: readonly Target[],
): { key: string; message: string }[] {
  const names = targets.map(({ name }) => name)
  const missing = names.filter((name) => !Object.hasOwn(holders, name))
  const strange = Object.keys(holders).filter((name) => !names.includes(name))
  const faults: string[] = []
  if (missing.length > 0) faults.push(`no entry for ${missing.slice(0, 5).join(', ')}`)
  if (strange.length > 0) faults.push(`an entry for ${strange.slice(0, 5).join(', ')}, which is no target`)
  return faults.map((fault) => ({
    key: 'holders',
    message: `${fault}; allowed: one entry for each target of the pool`,
  }))
}
