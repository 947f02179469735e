/** One measurement of a plugin: `'label'=value[unit];warn;crit;min;max`. */
export interface Measurement {
  readonly label: string
  readonly value: number
  /** `ms`, `s`, `%`, `B` …; empty for a bare number. */
  readonly unit: string
}

export interface PluginOutput {
  /** The first line without its performance data. */
  readonly text: string
  readonly measurements: readonly Measurement[]
}

const MEASUREMENTS_MAX = 64
/** A label with blanks stands in single quotes, doubled inside; `U` stands for unknown. */
const MEASUREMENT = /\s*(?:'((?:[^']|'')*)'|([^\s=']+))=(-?\d[\d.]*|U)([^\s;]*)[^\s]*/y

/**
 * Output of a monitoring plugin: text, a bar, performance data; more text may follow on further lines, and behind a bar in those
 * still more data, to the end (Monitoring Plugins Development Guidelines, "Plugin output"). Reads what it can, throws nothing.
 */
export function parsePluginOutput(output: string): PluginOutput {
  const [first = '', ...rest] = output.split('\n')
  const [text = '', ...data] = first.split('|')
  const more = rest.join('\n')
  const bar = more.indexOf('|')
  const measured = `${data.join('|')} ${bar < 0 ? '' : more.slice(bar + 1)}`
  return { text: text.trim(), measurements: parseMeasurements(measured) }
}

function parseMeasurements(text: string): Measurement[] {
  const found: Measurement[] = []
  MEASUREMENT.lastIndex = 0
  while (found.length < MEASUREMENTS_MAX) {
    const match = MEASUREMENT.exec(text)
    if (match === null) break
    const value = Number(match[3])
    const label = match[1]?.replaceAll("''", "'") ?? match[2] ?? ''
    if (Number.isFinite(value)) found.push({ label, value, unit: match[4] ?? '' })
  }
  return found
}

/** Labels by which plugins tell a round trip: check_icmp and check_ping `rta`, check_http and check_tcp `time`. */
const ROUND_TRIPS = ['rta', 'rtt', 'time']
const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 }

/** The round trip that a plugin measured, in milliseconds; undefined where it tells none. */
export function measuredRoundTripMs(measurements: readonly Measurement[]): number | undefined {
  for (const { label, value, unit } of measurements) {
    const factor = UNIT_MS[unit]
    if (factor !== undefined && value >= 0 && ROUND_TRIPS.includes(label)) return value * factor
  }
  return undefined
}
