import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { UdpClient } from '../../test/support/dns-client.ts'
import { queryOf } from '../../test/support/dns-query.ts'
import { treeCost } from './cost.ts'
import { type Latency, latency } from './load.ts'
import { median } from './measure.ts'
import type { Change, Said } from './responder-process.ts'
import { writeQueries, zoneName } from './zones.ts'

export interface ChangeFigures {
  readonly zones: number
  readonly rssMb: number
  readonly buildMs: number
  /** From a snapshot in which one zone moved to its first answer on the wire, in milliseconds, at rest. */
  readonly toWireMs: { readonly median: number; readonly worst: number }
  /** The same when every zone moved: the first of them, and the last. */
  readonly allToWireMs: { readonly first: number; readonly last: number }
  readonly idle: Latency
  /** While one zone after the other moves, `CHANGES_PER_S` a second. */
  readonly changing: Latency
  /** While all zones move at once, over and over. */
  readonly sweeping: Latency
}

export const CHANGES_PER_S = 20
const RATE = 20_000

/** What changes cost those who ask meanwhile, and how soon they are seen. */
export async function measureChanges(plan: {
  zones: number
  seconds: number
  folder: string
}): Promise<ChangeFigures> {
  const { zones, seconds } = plan
  const child = fork(new URL('./responder-process.js', import.meta.url), [String(zones)])
  try {
    const [ready] = (await once(child, 'message')) as [Extract<Said, { kind: 'ready' }>]
    const { port, buildMs } = ready
    const probe = new Probe(child, await UdpClient.open({ address: '127.0.0.1', port }))
    const queries = writeQueries(plan.folder, zones, 'mix')
    const ask = () => latency({ port, queries, seconds, rate: RATE })
    await ask()
    const single: number[] = []
    for (let i = 0; i < 50; i++) single.push(await probe.change([(i * 7919) % zones], (i * 7919) % zones))
    const first = await probe.change('all', 0)
    const last = await probe.change('all', zones - 1)
    const idle = await ask()
    const changing = await probe.during(ask, 1000 / CHANGES_PER_S, (i) => [(i * 7919) % zones])
    const sweeping = await probe.during(ask, 1_500, () => 'all')
    probe.close()
    return {
      zones,
      buildMs,
      rssMb: treeCost(child.pid ?? 0).rssMb,
      toWireMs: { median: median(single), worst: Math.max(...single) },
      allToWireMs: { first, last },
      idle,
      changing,
      sweeping,
    }
  } finally {
    child.disconnect()
  }
}

/** Commands changes, and sees when they come out. */
class Probe {
  readonly #child: ChildProcess
  readonly #client: UdpClient
  #version = 100

  constructor(child: ChildProcess, client: UdpClient) {
    this.#child = child
    this.#client = client
  }

  /** Changes `zones`; milliseconds from the snapshot to the first answer of zone `seen` that is of it. */
  async change(zones: Change['zones'], seen: number): Promise<number> {
    const version = this.#next()
    this.#client.replies.length = 0
    this.#child.send({ zones, version } satisfies Change)
    const said = once(this.#child, 'message') as Promise<[Extract<Said, { kind: 'changed' }>]>
    const query = queryOf(zoneName(seen), 'A')
    for (;;) {
      const reply = await this.#client.ask(query)
      const atNs = process.hrtime.bigint()
      if (reply[reply.length - 1] !== version) continue
      return Number(atNs - BigInt((await said)[0].atNs)) / 1e6
    }
  }

  /** Changes zones every `everyMs` while `work` is under way. */
  async during<T>(
    work: () => Promise<T>,
    everyMs: number,
    zones: (i: number) => Change['zones'],
  ): Promise<T> {
    let i = 0
    const timer = setInterval(() => {
      this.#child.send({ zones: zones(i++), version: this.#next() } satisfies Change)
    }, everyMs)
    try {
      return await work()
    } finally {
      clearInterval(timer)
    }
  }

  close(): void {
    this.#client.close()
  }

  #next(): number {
    this.#version = 100 + ((this.#version - 99) % 150)
    return this.#version
  }
}
