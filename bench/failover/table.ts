import type { Row } from './measure.ts'

/** The share's quantile (0 to 1) of sorted values, between two of them where it falls there; NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

/** Rows as a Markdown table, times in seconds. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ fault, system, tookS, remark }) => {
    const figures =
      remark === undefined
        ? [0.5, 0.9, 1].map((share) => quantile(tookS, share).toFixed(2))
        : [remark, '', '']
    const goal = system !== 'sipvane' ? '' : fault.harmless === true ? '0' : String(fault.goalS ?? '')
    return `| ${[fault.name, fault.transport, system, ...figures, goal].join(' | ')} |`
  })
  return [
    '| fault | transport | system | median | 90 % | worst | goal (median) |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n')
}

/** Rows of ours in which the bench found something wrong: not seen, moved for nothing, or broken off. */
export function failures(rows: readonly Row[]): readonly string[] {
  return rows
    .filter(({ system, failed }) => system === 'sipvane' && failed === true)
    .map(({ fault, remark }) => `${fault.key}/${fault.transport}: ${remark}`)
}
