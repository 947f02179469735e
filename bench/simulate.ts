/**
 * What health and policy do over days, at virtual time: no sockets, the same seeds give the same figures. `npm run bench:simulate [--
 * DAYS]`
 */
import { detection } from './simulate/detection.ts'
import { falseAlarms } from './simulate/false-alarms.ts'
import { flapping } from './simulate/flapping.ts'
import { pauses } from './simulate/pauses.ts'
import { storm } from './simulate/storm.ts'
import { together } from './simulate/together.ts'

const days = Number(process.argv[2] ?? 10)

const print = (line: string) => process.stdout.write(`${line}\n`)
detection(print)
together(print)
pauses(print)
falseAlarms(days, print)
flapping(print)
storm(print)
