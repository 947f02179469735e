import type { Moved } from '../../test/support/netns/failover.ts'
import type { Case, Result } from './rounds.ts'

/** What a failover is made of, as the table's columns say it. */
const PARTS: readonly [title: string, part: (moved: Moved) => number | undefined][] = [
  ['detected', ({ detectedMs }) => detectedMs],
  ['name moved', ({ namedMs }) => namedMs],
  ['through the resolver', ({ cachedMs }) => cachedMs],
  ['PBX registered, after the name', ({ registeredMs, namedMs }) => registeredMs - namedMs],
  ['phone back', ({ phoneMs }) => phoneMs],
]

/** Median and worst of each part, in seconds from the fault unless it says otherwise. */
export function movedTable(results: readonly (readonly [Case, Result])[]): string {
  const head = `| fault | rounds | ${PARTS.map(([title]) => title).join(' | ')} |`
  const rows = results.map(([{ name }, { moved, failure }]) => {
    const cells = PARTS.map(([, part]) => spread(moved.flatMap((each) => part(each) ?? [])))
    const remark = failure === undefined ? '' : ` (then ended: ${failure.split('\n')[0]})`
    return `| ${name} | ${moved.length}${remark} | ${cells.join(' | ')} |`
  })
  return [head, `|${'---|'.repeat(PARTS.length + 2)}`, ...rows, ''].join('\n')
}

export function stayedTable(results: readonly (readonly [Case, Result])[], count: number): string {
  const rows = results.map(
    ([{ name }, { stayed, failure }]) =>
      `| ${name} | ${failure === undefined ? `${count - stayed} of ${count}` : `ended: ${failure.split('\n')[0]}`} |`,
  )
  return ['| no fault of the link | rounds in which anything moved |', '|---|---|', ...rows, ''].join('\n')
}

/** `median / worst` */
export function spread(valuesMs: readonly number[]): string {
  const sorted = [...valuesMs].sort((a, b) => a - b)
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  if (median === undefined || worst === undefined) return ''
  return `${(median / 1000).toFixed(2)} / ${(worst / 1000).toFixed(2)}`
}
