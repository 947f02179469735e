/**
 * Whether a responder that is asked and asked grows: as many questions as one dnsperf can put, in quarters, with memory after each.
 * `npm run bench:soak [-- SECONDS ZONES]` (180, 1,000); a hundred million questions take some eleven minutes.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from './dns/load.ts'
import { start } from './dns/running.ts'
import { SERVERS } from './dns/servers.ts'
import { writeQueries } from './dns/zones.ts'

const seconds = Number(process.argv[2] ?? 180)
const zones = Number(process.argv[3] ?? 1_000)

const [sipvane] = SERVERS
if (sipvane === undefined) throw new Error('no server to ask')
const folder = await mkdtemp(join(tmpdir(), 'sipvane-soak-'))
const running = await start(sipvane, zones)
try {
  const { port, cost } = running
  const queries = writeQueries(folder, zones, 'mix')
  const say = (when: string, asked: number, lost: number) =>
    process.stdout.write(
      `${when.padEnd(10)} ${(asked / 1e6).toFixed(1).padStart(7)} million asked, ${lost} lost, ${cost().rssMb.toFixed(1)} MB\n`,
    )
  // What is compiled and filled once is so before the first figure.
  await load({ port, queries, seconds: Math.max(1, seconds / 20) })
  say('warmed up', 0, 0)
  let asked = 0
  let lost = 0
  for (const quarter of [1, 2, 3, 4]) {
    const result = await load({ port, queries, seconds: seconds / 4 })
    asked += result.completed
    lost += result.lost
    say(`quarter ${quarter}`, asked, lost)
  }
} finally {
  await running.stop()
  await rm(folder, { recursive: true, force: true })
}
