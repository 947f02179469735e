import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { peerPath } from '../../test/support/peers.ts'

export interface LoadPlan {
  readonly port: number
  readonly queries: string
  readonly seconds: number
  /** Queries a second; absent: as many as it takes. */
  readonly rate?: number
}

export interface LoadResult {
  readonly completed: number
  readonly lost: number
  readonly perSecond: number
}

const CLIENTS = 8

/** Asks with dnsperf over UDP and loopback, from eight ports. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  const child = dnsperf(plan, [])
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('latin1')
  })
  await once(child, 'close')
  const figure = (label: string) =>
    Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(output)?.[1] ?? Number.NaN)
  return {
    completed: figure('Queries completed'),
    lost: figure('Queries lost'),
    perSecond: figure('Queries per second'),
  }
}

export interface Latency {
  /** In microseconds. */
  readonly p50: number
  readonly p99: number
}

/** The same, and how long each answer took: dnsperf then writes a line a query, so its own costs are higher. */
export async function latency(plan: LoadPlan): Promise<Latency> {
  const child = dnsperf(plan, ['-v'])
  const seconds: number[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    const taken = line.startsWith('> ') ? /([\d.]+)$/.exec(line)?.[1] : undefined
    // A query that times out has no time behind it: it counts as one of five seconds.
    if (taken !== undefined) seconds.push(Number(taken))
    else if (line.startsWith('> T ')) seconds.push(5)
  })
  await once(lines, 'close')
  seconds.sort((a, b) => a - b)
  const at = (share: number) => (seconds[Math.floor(seconds.length * share)] ?? Number.NaN) * 1e6
  return { p50: at(0.5), p99: at(0.99) }
}

function dnsperf({ port, queries, seconds, rate }: LoadPlan, more: readonly string[]) {
  const where = ['-s', '127.0.0.1', '-p', String(port), '-d', queries]
  const how = [
    '-c',
    String(CLIENTS),
    '-l',
    String(seconds),
    ...(rate === undefined ? [] : ['-Q', String(rate)]),
  ]
  return spawn(peerPath('dnsperf') ?? 'dnsperf', [...where, ...how, ...more], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}
