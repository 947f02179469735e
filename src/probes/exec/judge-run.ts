import { type Outcome, outcome } from '../../core/outcome.ts'
import { printable } from '../../wire/sip/printable.ts'
import { type Measurement, measuredRoundTripMs, parsePluginOutput } from './plugin-output.ts'

/**
 * By the exit codes of Nagios plugins (Monitoring Plugins Development Guidelines, "Plugin return codes"):
 *
 * | exit code      | says     | outcome                            |
 * |----------------|----------|------------------------------------|
 * | 0              | OK       | ok                                 |
 * | 1              | WARNING  | ok, impaired                       |
 * | 2              | CRITICAL | check-failed                       |
 * | 3              | UNKNOWN  | no-verdict                         |
 * | other, signal  | nothing  | no-verdict: the program is broken, not the target |
 *
 * `ranMs` is the time that the program took; the round trip where it measured none itself.
 */
export function judgeRun(
  end: { readonly exitCode: number | null; readonly signal: string | null },
  output: string,
  ranMs: number,
): Outcome {
  const { text, measurements } = parsePluginOutput(output)
  const said = printable([text, ...measurements.map(figure)].filter((part) => part !== '').join(', '))
  const rest = { attempts: 1, ...(said === '' ? {} : { detail: said }) }
  const rttMs = measuredRoundTripMs(measurements) ?? ranMs
  switch (end.exitCode) {
    case 0:
      return outcome('ok', { ...rest, rttMs })
    case 1:
      return outcome('ok', { ...rest, rttMs, impaired: printable(text === '' ? 'a warning' : text) })
    case 2:
      return outcome('check-failed', rest)
    case 3:
      return outcome('no-verdict', rest)
    default: {
      const how = end.exitCode === null ? `was ended by ${end.signal}` : `ended with code ${end.exitCode}`
      return outcome('no-verdict', { attempts: 1, detail: printable(`the program ${how}: ${said}`) })
    }
  }
}

function figure({ label, value, unit }: Measurement): string {
  return `${label}=${value}${unit}`
}
