import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { messageOf } from '../../../core/errors.ts'
import type { Logger, Timers } from '../../../core/ports.ts'
import type { SocketAddress } from '../../../core/settings.ts'
import type { SharedImages } from '../image/view.ts'
import type { PolicySeed } from '../policy.ts'
import type { AnswerStore } from '../store.ts'
import { Tally } from '../tally.ts'
import type { Refusals } from '../transfer/refusal-log.ts'
import type { UdpSide } from '../udp.ts'
import { type Libc, loadLibc } from './libc.ts'
import { type BatchSocket, canEndWait, endWait, openSocket, portOf } from './socket.ts'
import type { WorkerStart, WorkerWord } from './worker.ts'

/** A thread that ended by itself has a successor after this. Meanwhile its queries wait in the socket. */
const RESTART_MS = 500

/** Where nobody can end a thread's wait, it looks this often whether it is to stop. */
const LOOK_MS = 100

/** The hot path leaves no garbage, so a thread needs little. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64, stackSizeMb: 2 }

export interface ThreadDeps {
  readonly store: AnswerStore
  readonly policy: PolicySeed
  readonly logger: Logger
  readonly timers: Timers
  readonly workers: number
  /** Told of those whom a thread refused. */
  readonly refusals: Refusals
  /** The thread's compiled code. Default: beside this file. */
  readonly workerUrl?: URL
}

interface Thread {
  readonly sockets: BatchSocket[]
  readonly cells: Float64Array
  worker: Worker | undefined
  mail: MessagePort | undefined
}

/** Threads that answer over UDP by batches of system calls, each with a socket of its own on every address. */
export class BatchThreads implements UdpSide {
  readonly #libc: Libc
  readonly #deps: ThreadDeps
  readonly #url: URL
  readonly #threads: Thread[]
  readonly #ended = new Set<Promise<unknown>>()
  readonly #endless: boolean
  #stopping = false

  private constructor(libc: Libc, url: URL, deps: ThreadDeps) {
    this.#libc = libc
    this.#url = url
    this.#deps = deps
    this.#endless = canEndWait(libc)
    this.#threads = Array.from({ length: deps.workers }, () => ({
      sockets: [],
      cells: new Float64Array(new SharedArrayBuffer(Tally.CELLS * 8)),
      worker: undefined,
      mail: undefined,
    }))
  }

  /** Ready to bind, or why that cannot be here. */
  static async prepare(deps: ThreadDeps): Promise<BatchThreads | string> {
    const libc = await loadLibc()
    if (typeof libc === 'string') return libc
    const url = deps.workerUrl ?? new URL('./worker.js', import.meta.url)
    if (!existsSync(fileURLToPath(url))) return "the threads' code is not compiled"
    return new BatchThreads(libc, url, deps)
  }

  /** Opens a socket for every thread; resolves with the port that all share. Throws the system's error, and then holds none of them. */
  async bind(address: SocketAddress): Promise<{ port: number; undo: () => Promise<void> }> {
    const opened: BatchSocket[] = []
    const undo = async () => {
      for (const thread of this.#threads)
        thread.sockets.splice(0, thread.sockets.length, ...without(thread.sockets, opened))
      for (const { fd } of opened) this.#libc.close(fd)
    }
    let { port } = address
    try {
      for (const thread of this.#threads) {
        const socket = openSocket(
          this.#libc,
          { address: address.address, port },
          this.#endless ? undefined : LOOK_MS,
        )
        opened.push(socket)
        thread.sockets.push(socket)
        if (port === 0) port = portOf(this.#libc, socket)
      }
    } catch (error) {
      await undo()
      throw error
    }
    return { port, undo }
  }

  /** Resolves when every thread answers; rejects where one cannot. */
  async start(): Promise<void> {
    // Node ends a process only when all threads have returned, and one that sleeps in the system does not by itself.
    process.once('exit', this.#stop)
    await Promise.all(this.#threads.map((thread, reader) => this.#run(thread, reader)))
  }

  /** Tells the threads of memory, before they are led there. */
  tell(images: SharedImages): void {
    for (const { mail } of this.#threads) mail?.postMessage(images)
  }

  /** Adds what the threads have counted. */
  addTo(tally: Tally): void {
    for (const { cells } of this.#threads) tally.add(cells)
  }

  byThread(): Record<string, number> {
    return Object.fromEntries(this.#threads.map(({ cells }, i) => [String(i), Tally.queriesOf(cells)]))
  }

  /** Lets each thread finish its batch, then closes the sockets. */
  async close(): Promise<void> {
    this.#stop()
    await Promise.all(this.#ended)
    process.off('exit', this.#stop)
    for (const thread of this.#threads) {
      for (const { fd } of thread.sockets.splice(0)) this.#libc.close(fd)
    }
  }

  readonly #stop = () => {
    this.#stopping = true
    this.#deps.store.epochs.stop()
    for (const { sockets } of this.#threads) for (const socket of sockets) endWait(this.#libc, socket)
  }

  /** Resolves when the thread answers; throws where the system gives none. */
  #run(thread: Thread, reader: number): Promise<void> {
    const { store, policy } = this.#deps
    const { port1, port2 } = new MessageChannel()
    thread.mail?.close()
    thread.mail = port1
    const { epochs } = store
    // It counts as reading from now on: what it is shown here must stay until it has looked for itself.
    epochs.enter(reader, epochs.version)
    const start: WorkerStart = {
      sockets: thread.sockets,
      reader,
      epochs: epochs.memory,
      images: store.shared(),
      layout: epochs.layout,
      mail: port2,
      cells: thread.cells,
      policy,
      waitMs: this.#endless ? -1 : LOOK_MS,
    }
    const worker = new Worker(this.#url, {
      workerData: start,
      transferList: [port2],
      resourceLimits: LIMITS,
      name: `dns-${reader}`,
    })
    thread.worker = worker
    return new Promise((resolve, reject) => {
      worker.on('message', (word: WorkerWord) => {
        if (word.kind === 'ready') resolve()
        else if (word.kind === 'unable') reject(new Error(word.why))
        else this.#heard(reader, word)
      })
      worker.on('error', (error) => {
        this.#failed(reader, error)
        reject(error)
      })
      const end = new Promise<void>((ended) => {
        worker.once('exit', () => {
          ended()
          this.#ended.delete(end)
          // Whoever waits for it to answer would wait for ever. Nothing to reject where it did.
          reject(new Error('a DNS thread ended before it could answer'))
          this.#exited(thread, reader, worker)
        })
      })
      this.#ended.add(end)
    })
  }

  #exited(thread: Thread, reader: number, worker: Worker): void {
    this.#deps.store.epochs.leave(reader)
    thread.mail?.close()
    thread.mail = undefined
    if (this.#stopping || thread.worker !== worker) return
    this.#deps.logger.error(
      'dns.thread-ended',
      { thread: reader },
      'a DNS thread ended by itself; another takes its place',
    )
    this.#restart(thread, reader)
  }

  /** A system that has no thread to give now may have one a moment later. */
  #restart(thread: Thread, reader: number): void {
    this.#deps.timers.after(RESTART_MS, () => {
      if (this.#stopping) return
      try {
        // What it meets later it says itself.
        this.#run(thread, reader).catch(() => {})
      } catch (error) {
        this.#deps.store.epochs.leave(reader)
        this.#failed(reader, error)
        this.#restart(thread, reader)
      }
    })
  }

  #failed(thread: number, error: unknown): void {
    this.#deps.logger.error('dns.thread-error', { thread, error: messageOf(error) }, 'a DNS thread failed')
  }

  #heard(thread: number, word: Exclude<WorkerWord, { kind: 'ready' | 'unable' }>): void {
    const { logger, refusals } = this.#deps
    switch (word.kind) {
      case 'refused':
        refusals.refused(word.refusal)
        break
      case 'fault':
        logger.error(word.event, { thread, ...word.fields }, word.text)
        break
      case 'unsent': {
        const { count, error } = word
        logger.warn('dns.udp-error', { thread, count, error }, 'an answer could not be sent over UDP')
      }
    }
  }
}

function without<T>(from: readonly T[], what: readonly T[]): T[] {
  return from.filter((one) => !what.includes(one))
}
