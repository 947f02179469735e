/**
 * What an instance with many zones pays before it answers, and for one decision afterwards: each zone has a pool of its own with two
 * targets, and ten names. In one process, without sockets. `npm run bench:start [-- ZONES]`
 */
import { Engine } from '../src/app/engine.ts'
import { NO_MEMORY } from '../src/app/memory.ts'
import type { Watch } from '../src/app/roster.ts'
import { loadConfig } from '../src/config/load.ts'
import { type Outcome, outcome } from '../src/core/outcome.ts'
import { silentLogger } from '../src/core/ports.ts'
import type { Snapshot } from '../src/core/snapshot.ts'
import { AnswerStore } from '../src/publishers/responder/store.ts'
import { jsonInPieces } from '../src/state/pieces.ts'
import { checkZone } from '../src/zone/check.ts'
import { RECORDS, zoneName } from './dns/zones.ts'

const zones = Number(process.argv[2] ?? 10_000)
const MOVES = 200

function configuration(): string {
  // The apex's addresses are the pool's.
  const records = RECORDS.replace(/^@ 30 IN A .*\n/m, '')
    .trimEnd()
    .replace(/^/gm, '      ')
  const pool = (index: number) => {
    const host = `${(index >> 8) & 255}.${index & 255}`
    return `  p${index}: { policy: failover, probes: [options], failback: { delay: 0s }, targets: { a: { address: 10.1.${host} }, b: { address: 10.2.${host}, priority: 20 } } }`
  }
  const zone = (index: number) =>
    [
      `  ${zoneName(index)}.:`,
      `    nameservers: [ns1.${zoneName(index)}., ns2.${zoneName(index)}.]`,
      `    answers: [{ name: "@", type: A, pool: p${index} }]`,
      `    records: |\n${records}`,
    ].join('\n')
  const all = Array.from({ length: zones }, (_, index) => index)
  const probes = 'probes:\n  options: { type: sip-options, transport: udp, interval: 2s, rise: 1, fall: 2 }'
  return `${probes}\npools:\n${all.map(pool).join('\n')}\nzones:\n${all.map(zone).join('\n')}\n`
}

/** Processor time of this process, all of its threads, in milliseconds: what others do on the machine is not in it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function told<T>(what: string, work: () => T): T {
  const before = cpuMs()
  const result = work()
  console.log(`| ${what} | ${Math.round(cpuMs() - before)} ms |`)
  return result
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

const text = configuration()
console.log(
  `\n${zones} zones, ${text.split('\n').length - 1} lines; CPU of the whole process\n\n| what | CPU |\n| --- | --- |`,
)
const loaded = told('configuration: read, checked', () =>
  loadConfig({ file: 'bench.yaml', text }, { env: {}, hostname: 'bench', baseDir: '/', checkZone }),
)
if (!loaded.ok) throw new Error(loaded.faults[0]?.message)
let nowMs = 1_700_000_000_000
let published: Snapshot | undefined
const engine = told('engine: laid out', () => {
  const publish = (snapshot: Snapshot) => {
    published = snapshot
  }
  // Nothing comes by time alone, and whatever moves is flushed by hand.
  const still = { defer: () => {}, hasten: () => {}, timers: { after: () => () => {} } }
  const clock = { nowMs: () => nowMs }
  return new Engine(loaded.settings, NO_MEMORY, { ...still, clock, logger: silentLogger, publish })
})
told('first decisions, all zones built', () => engine.flush())
const store = new AnswerStore()
const first = published
if (first === undefined) throw new Error('nothing was published')
told('answers compiled', () => store.publish(first))
const watches = [...engine.roster.watches.values()]
const alive = outcome('ok', { attempts: 1, rttMs: 1 })
told('first answer of every target', () => {
  for (const watch of watches) engine.observe(watch, alive)
  engine.flush()
})

console.log('\n| one pool of them moves | median | mean |\n| --- | --- | --- |')
for (const reason of ['refused', 'timeout'] as const) {
  const tookMs: number[] = []
  for (let move = 0; move < MOVES; move++) {
    // The first target of some pool dies and comes back.
    const at = ((move * 7919) % zones) * 2
    const [victim, witness] = [watches[at], watches[(at + 2) % watches.length]]
    if (victim === undefined || witness === undefined) throw new Error('no such watch')
    const dead = outcome(reason, { attempts: 1 })
    tookMs.push(moved(victim, witness, [dead, dead]))
    moved(victim, witness, [alive])
  }
  row(`first target ${reason}`, tookMs)
}
const pieces = Array.from({ length: 5 }, piecesOf).flat()
row('memory to be saved, a piece', pieces)
console.log(`| the same, the longest | ${Math.max(...pieces).toFixed(2)} ms | |`)
engine.stop()

/** How long each piece of what is kept over a restart holds everything else up. */
function piecesOf(): number[] {
  const tookMs: number[] = []
  let memory: Iterator<string> | undefined
  tookMs.push(timed(() => (memory = jsonInPieces({ ...engine.memory() })[Symbol.iterator]())))
  let ended = false
  while (!ended) tookMs.push(timed(() => (ended = memory?.next().done ?? true)))
  return tookMs
}

/**
 * How long it takes to work out and hand over what the last of these outcomes brings; others are heard in between, as where there are many.
 */
function moved(victim: Watch, witness: Watch, seen: readonly Outcome[]): number {
  const before = published
  let tookMs = 0
  for (const one of seen) {
    nowMs += 10
    engine.observe(victim, one)
    engine.observe(witness, alive)
    tookMs = timed(() => engine.flush())
  }
  if (published === before) throw new Error('nothing moved')
  return tookMs
}

function timed(work: () => unknown): number {
  const began = performance.now()
  work()
  return performance.now() - began
}

function row(what: string, tookMs: readonly number[]): void {
  const mean = tookMs.reduce((sum, one) => sum + one, 0) / tookMs.length
  console.log(`| ${what} | ${median(tookMs).toFixed(2)} ms | ${mean.toFixed(2)} ms |`)
}
