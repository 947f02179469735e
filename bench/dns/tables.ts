import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../test/support/root.ts'
import { CHANGES_PER_S, type ChangeFigures } from './changes.ts'
import { type Figures, RATES } from './measure.ts'
import type { Kind } from './zones.ts'

const BEGIN = '<!-- bench:dns begins -->'
const END = '<!-- bench:dns ends -->'

/** Whom ratios are to. */
const SUBJECT = 'sipvane'

/** All that was measured with the mix of queries, a server a row; `x` is sipvane's figure over that of the row. */
export function loadTable(zones: number, servers: ReadonlyMap<string, Figures>): string {
  const subject = servers.get(SUBJECT)
  const costs = RATES.flatMap((rate) => [`CPU a query at ${rate / 1000}k q/s`, 'x'])
  const rows = [...servers].map(([name, figures]) => [
    name,
    ...RATES.flatMap((rate) => {
      const own = figures.cpuUs.get(rate) ?? Number.NaN
      return [`${own.toFixed(1)} us`, ratio(subject?.cpuUs.get(rate), own)]
    }),
    `${Math.round(figures.most / 1000)}k`,
    ratio(subject?.most, figures.most),
    `${Math.round(figures.latency.p50)} / ${Math.round(figures.latency.p99)} us`,
    `${Math.round(figures.rssMb)} MB`,
    `${(figures.startMs / 1000).toFixed(1)} s`,
    figures.lost === 0 ? '0' : `${(figures.lost * 100).toFixed(3)} %`,
  ])
  const head = ['server', ...costs, 'most q/s', 'x', 'p50 / p99 at 20k', 'memory', 'start', 'lost']
  return `\n### ${count(zones)}\n\n${table(head, rows)}`
}

/** CPU per query by kind of answer. */
export function kindsTable(
  zones: number,
  kinds: ReadonlyMap<Kind | 'mix', ReadonlyMap<string, Figures>>,
): string {
  const names = [...([...kinds.values()][0]?.keys() ?? [])]
  const rate = RATES[1]
  const rows = names.map((name) => [
    name,
    ...[...kinds.values()].flatMap((servers) => {
      const own = servers.get(name)
      const subject = servers.get(SUBJECT)
      return [`${own?.cpuUs.get(rate)?.toFixed(1)} us`, ratio(subject?.cpuUs.get(rate), own?.cpuUs.get(rate))]
    }),
  ])
  const head = ['CPU a query', ...[...kinds.keys()].flatMap((kind) => [kind, 'x'])]
  return `\n### By kind of answer, ${count(zones)}, ${rate / 1000}k q/s\n\n${table(head, rows)}`
}

/** The same responder with so many zones a column, changing. */
export function changesTable(all: readonly ChangeFigures[]): string {
  const row = (what: string, figure: (one: ChangeFigures) => string) => [what, ...all.map(figure)]
  const rows = [
    row('from the first snapshot to answering', ({ buildMs }) => ms(buildMs)),
    row(
      'one zone moves: on the wire, median / worst of 50',
      ({ toWireMs: { median, worst } }) => `${ms(median)} / ${ms(worst)}`,
    ),
    row(
      'all of them move: first / last on the wire',
      ({ allToWireMs: { first, last } }) => `${ms(first)} / ${ms(last)}`,
    ),
    row('p50 / p99 at 20k q/s, nothing changes', ({ idle }) => pair(idle)),
    row(`p50 / p99, ${CHANGES_PER_S} changes a second`, ({ changing }) => pair(changing)),
    row('p50 / p99, all zones move again and again', ({ sweeping }) => pair(sweeping)),
    row('memory of the responder alone', ({ rssMb }) => `${Math.round(rssMb)} MB`),
  ]
  return `\n### Changes\n\n${table(['what', ...all.map(({ zones }) => count(zones))], rows)}`
}

/** Puts `text` between the marks in docs/benchmarks.md. Throws where they are not there. */
export async function writeSection(text: string): Promise<void> {
  const file = join(projectRoot(), 'docs', 'benchmarks.md')
  const page = await readFile(file, 'utf8')
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error('docs/benchmarks.md has no place for the figures')
  await writeFile(file, `${page.slice(0, begin + BEGIN.length)}\n${text}\n${page.slice(end)}`)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}

function ratio(subject: number | undefined, own: number | undefined): string {
  return subject === undefined || own === undefined ? '' : (subject / own).toFixed(2)
}

function pair({ p50, p99 }: { p50: number; p99: number }): string {
  return `${Math.round(p50)} / ${Math.round(p99)} us`
}

function ms(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`
}

function count(zones: number): string {
  return zones === 1 ? '1 zone' : `${zones.toLocaleString('en')} zones`
}
