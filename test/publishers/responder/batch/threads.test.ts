import { EventEmitter } from 'node:events'
import { pathToFileURL } from 'node:url'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { BatchThreads } from '../../../../src/publishers/responder/batch/threads.ts'
import type { WorkerStart } from '../../../../src/publishers/responder/batch/worker.ts'
import { policySeed } from '../../../../src/publishers/responder/policy.ts'
import { AnswerStore } from '../../../../src/publishers/responder/store.ts'
import { snapshotOf, VOICE } from '../../../support/dns-zone.ts'
import { recordingLogger } from '../../../support/recording-logger.ts'
import { noBatch } from '../../../support/responder-batch.ts'
import { VirtualTime } from '../../../support/virtual-time.ts'

/** Threads of the system, played: each is ready at once, and ends when it is told to. */
const system = vi.hoisted(() => ({ threads: [] as { start: WorkerStart; end(): void }[], has: true }))

vi.mock('node:worker_threads', async (original) => ({
  ...(await original<typeof import('node:worker_threads')>()),
  Worker: class extends EventEmitter {
    constructor(_url: URL, { workerData }: { workerData: WorkerStart }) {
      super()
      if (!system.has) throw new Error('ERR_WORKER_INIT_FAILED: EAGAIN')
      system.threads.push({ start: workerData, end: () => this.emit('exit', 1) })
      queueMicrotask(() => this.emit('message', { kind: 'ready' }))
    }
  },
}))

const why = await noBatch()

describe.skipIf(why !== undefined)(`threads that end by themselves (${why ?? 'koffi is here'})`, () => {
  beforeEach(() => {
    system.threads.length = 0
    system.has = true
  })

  async function start() {
    const time = new VirtualTime()
    const logger = recordingLogger()
    const store = new AnswerStore({ readers: 1 })
    store.publish(snapshotOf(VOICE))
    const threads = await BatchThreads.prepare({
      ...{ store, logger, timers: time, workers: 1, refusals: { refused() {} } },
      policy: policySeed({ listen: [], workers: 1 }),
      workerUrl: pathToFileURL('package.json'),
    })
    if (typeof threads === 'string') throw new Error(threads)
    await threads.start()
    return { time, logger, store, threads }
  }
  const ended = (logger: ReturnType<typeof recordingLogger>) => logger.messagesOf('dns.thread-ended').length

  it('have successors with their place and their counts, one at a time, until they are to stop', async () => {
    const { time, logger, threads } = await start()
    for (let round = 1; round <= 20; round++) {
      system.threads.at(-1)?.end()
      await time.advance(400)
      expect(system.threads).toHaveLength(round)
      await time.advance(200)
      expect(system.threads).toHaveLength(round + 1)
    }
    expect(ended(logger)).toBe(20)
    expect(new Set(system.threads.map(({ start: { cells } }) => cells.buffer)).size).toBe(1)
    const closing = threads.close()
    system.threads.at(-1)?.end()
    await closing
    await time.advance(10_000)
    expect([system.threads.length, ended(logger), time.pending]).toEqual([21, 20, 0])
  })

  it('are tried again where the system has no thread to give, and memory goes on meanwhile', async () => {
    const { time, logger, store, threads } = await start()
    system.has = false
    system.threads.at(-1)?.end()
    await time.advance(2_600)
    expect(logger.messagesOf('dns.thread-error')).toHaveLength(5)
    // Nobody reads, so nothing has to be kept for anybody.
    const { octets } = store.size
    for (let serial = 1; serial < 100; serial++) store.publish(snapshotOf({ ...VOICE, serial }))
    expect(store.size.octets).toBe(octets)
    system.has = true
    await time.advance(600)
    expect(system.threads).toHaveLength(2)
    await time.advance(10_000)
    expect(system.threads).toHaveLength(2)
    const closing = threads.close()
    system.threads.at(-1)?.end()
    await closing
  })
})
