import { type Outcome, outcome } from '../../core/outcome.ts'
import { printable } from '../../wire/sip/printable.ts'

/** What iputils `ping -n -c 1` left behind, run with LC_ALL=C. */
export interface PingRun {
  /** null: killed. 0: answered, 1: not answered, 2: any other failure. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Judged by text first, by exit code second: 1 and 2 alone do not tell the far end's silence from our own fault.
 *
 * | output                                                    | judged       |
 * |-----------------------------------------------------------|--------------|
 * | `64 bytes from …: icmp_seq=1 ttl=64 time=0.162 ms`        | ok           |
 * | the same from another address (`DIFFERENT ADDRESS!`)      | bad-reply    |
 * | `From 192.0.2.1 icmp_seq=1 Destination Host Unreachable`  | unreachable  |
 * | stderr: `Network is unreachable`, `No such device`, …      | no-route     |
 * | stderr: `No buffer space available`, …                    | no-resources |
 * | exit code 1, or killed at the time-out, and nothing else  | timeout      |
 * | anything else                                             | internal     |
 */
export function judgePing({ exitCode, stdout, stderr }: PingRun): Outcome {
  const answer = ANSWER.exec(stdout)
  if (answer !== null) {
    if (stdout.includes('DIFFERENT ADDRESS')) {
      return outcome('bad-reply', { attempts: 1, detail: 'another address answered' })
    }
    const time = ROUND_TRIP.exec(answer[0])
    return outcome('ok', {
      attempts: 1,
      detail: 'echo reply',
      ...(time === null ? {} : { rttMs: Number(time[1]) }),
    })
  }
  const icmpError = ICMP_ERROR.exec(stdout)
  if (icmpError !== null) {
    return outcome('unreachable', { attempts: 1, detail: printable(`router says: ${icmpError[1]}`) })
  }
  const complaint = stderr.trim().split('\n')[0] ?? ''
  if (OWN_ROUTE.test(stderr)) return outcome('no-route', { attempts: 0, detail: printable(complaint) })
  if (OWN_RESOURCES.test(stderr))
    return outcome('no-resources', { attempts: 0, detail: printable(complaint) })
  if ((exitCode === 1 || exitCode === null) && complaint === '') {
    return outcome('timeout', { attempts: 1, detail: 'no echo reply' })
  }
  const said = complaint === '' ? `ping exited with ${exitCode}` : complaint
  return outcome('internal', { attempts: 0, detail: printable(said) })
}

const ANSWER = /^\d+ bytes from .*\bicmp_seq=\d+\b.*$/m
const ROUND_TRIP = /\btime[=<](\d+(?:\.\d+)?) ms/
const ICMP_ERROR = /^From \S+ icmp_seq=\d+ (.+)$/m
const OWN_ROUTE =
  /Network is unreachable|No route to host|Cannot assign requested address|Operation not permitted|Permission denied|Address family not supported|Network is down|Invalid argument|No such device|unknown iface|Name or service not known/i
const OWN_RESOURCES =
  /No buffer space|Cannot allocate memory|Too many open files|Resource temporarily unavailable/i
