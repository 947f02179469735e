/**
 * From a fault to the first right answer on the wire, per fault and transport, next to peers where these are installed. `npm run
 * bench:failover [-- ROUNDS [FAULTS [AT_ONCE [PROBES]]]]`: FAULTS like `killed,silent/udp` or `all`. PROBES, like `options`, stand in for
 * those that fit each fault: with `database` and `options` the bench must say that the fault is not seen, and exit with 1.
 */
import { parseArgs } from 'node:util'
import { type Check, chosen } from './failover/faults.ts'
import { measure, type Row } from './failover/measure.ts'
import { sipvane } from './failover/sipvane.ts'
import { PEERS, worthARow } from './failover/systems.ts'
import { failures, tableOf } from './failover/table.ts'

/** Rigs at once: done in eleven minutes, for some hundredths of a second over what three at once give (docs/benchmarks.md). */
const AT_ONCE = 6

const { positionals } = parseArgs({ allowPositionals: true })
const [rounds = '20', wanted, atOnce = String(AT_ONCE), seeing] = positionals
const plan = {
  rounds: Number(rounds),
  giveUpMs: 20_000,
  warmUpMs: 10_000,
  harmlessMs: Math.max(12_000, Number(rounds) * 6_000),
}
const ours = sipvane(seeing as Check | undefined)
const jobs = chosen(wanted).flatMap((fault) =>
  [ours, ...(worthARow(fault) ? PEERS : [])].map((system) => ({ fault, system })),
)
const rows: Row[] = []
let next = 0
const startMs = performance.now()
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    while (next < jobs.length) {
      const index = next++
      const job = jobs[index]
      if (job !== undefined) rows[index] = await measure(job.fault, job.system, index, plan)
    }
  }),
)
const minutes = (performance.now() - startMs) / 60_000
process.stdout.write(
  `${rounds} rounds each, ${atOnce} rigs at once, ${minutes.toFixed(1)} min; seconds from the fault to the first right answer\n\n`,
)
process.stdout.write(tableOf(rows))
const wrong = failures(rows)
if (wrong.length > 0) {
  process.stdout.write(`\nwrong:\n${wrong.map((line) => `- ${line}\n`).join('')}`)
  process.exitCode = 1
}
