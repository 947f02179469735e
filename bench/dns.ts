/**
 * The responder beside the servers of others: CPU per query, queries a second, latency, memory, start. One thread answers in each; they
 * take turns within each round, and medians over the rounds count. `npm run bench:dns`
 *
 * SIPVANE_BENCH_ROUNDS (5), SIPVANE_BENCH_SECONDS (1), SIPVANE_BENCH_ZONES (1,1000,10000), SIPVANE_BENCH_SERVERS (all); the section of
 * docs/benchmarks.md is written where SIPVANE_BENCH_WRITE=1.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasPeer } from '../test/support/peers.ts'
import { measureChanges } from './dns/changes.ts'
import { measure } from './dns/measure.ts'
import { type Running, start } from './dns/running.ts'
import { installed } from './dns/servers.ts'
import { changesTable, kindsTable, loadTable, writeSection } from './dns/tables.ts'
import { KINDS, type Kind } from './dns/zones.ts'

const rounds = Number(process.env.SIPVANE_BENCH_ROUNDS ?? 5)
const seconds = Number(process.env.SIPVANE_BENCH_SECONDS ?? 1)
const sizes = (process.env.SIPVANE_BENCH_ZONES ?? '1,1000,10000').split(',').map(Number)
const only = process.env.SIPVANE_BENCH_SERVERS?.split(',')

if (!hasPeer('dnsperf', 'dnsperf')) {
  process.stderr.write('dnsperf is not installed (Debian package dnsperf)\n')
  process.exit(1)
}

const servers = installed().filter(({ name }) => only === undefined || only.includes(name))
const folder = await mkdtemp(join(tmpdir(), 'sipvane-bench-'))
const parts: string[] = []
try {
  for (const zones of sizes) {
    const running: Running[] = []
    try {
      for (const server of servers) running.push(await start(server, zones))
      const figures = await measure({ running, zones, rounds, seconds, folder, kinds: ['mix'] })
      say(loadTable(zones, figures.get('mix') ?? new Map()))
      if (zones === sizes[0]) {
        const kinds = Object.keys(KINDS) as Kind[]
        say(
          kindsTable(
            zones,
            await measure({ running, zones, rounds, seconds, folder, kinds, costOnly: true }),
          ),
        )
      }
    } finally {
      for (const one of running) await one.stop()
    }
  }
  const changes = []
  for (const zones of sizes) changes.push(await measureChanges({ zones, seconds: seconds * 3, folder }))
  say(changesTable(changes))
} finally {
  await rm(folder, { recursive: true, force: true })
}
if (process.env.SIPVANE_BENCH_WRITE === '1') await writeSection(parts.join('\n'))

function say(part: string): void {
  parts.push(part)
  process.stdout.write(`${part}\n`)
}
