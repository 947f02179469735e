/**
 * A thread that answers over UDP: it owns sockets, sees the images of all zones, and never returns to its event loop until it is to stop.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { Logger } from '../../../core/ports.ts'
import { silentLogger } from '../../../core/ports.ts'
import { Answerer } from '../answerer.ts'
import { Epochs } from '../image/epochs.ts'
import { ImageView, type SharedImages } from '../image/view.ts'
import { type PolicySeed, policyOf } from '../policy.ts'
import { Tally } from '../tally.ts'
import { countedRefusals, type Refusal, refusalMail } from '../transfer/refusal-log.ts'
import { loadLibc } from './libc.ts'
import { Receiver } from './receiver.ts'
import { serve } from './serve.ts'
import type { BatchSocket } from './socket.ts'

/** What a thread is started with. */
export interface WorkerStart {
  readonly sockets: readonly BatchSocket[]
  readonly reader: number
  readonly epochs: SharedArrayBuffer
  readonly images: SharedImages
  /** The layout's count when `images` was taken. */
  readonly layout: number
  readonly mail: MessagePort
  readonly cells: Float64Array
  readonly policy: PolicySeed
  /** As `ServeDeps` has it. */
  readonly waitMs: number
}

/** What it says. */
export type WorkerWord =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unable'; readonly why: string }
  | {
      readonly kind: 'fault'
      readonly event: string
      readonly fields: Record<string, unknown>
      readonly text: string
    }
  | { readonly kind: 'unsent'; readonly count: number; readonly error: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

const start = workerData as WorkerStart
const say = (word: WorkerWord) => parentPort?.postMessage(word)

const libc = await loadLibc()
if (typeof libc === 'string') say({ kind: 'unable', why: libc })
else {
  const epochs = new Epochs(start.epochs)
  const view = new ImageView(start.images)
  let layout = start.layout
  const follow = () => {
    layout = epochs.layout
    for (
      let mail = receiveMessageOnPort(start.mail);
      mail !== undefined;
      mail = receiveMessageOnPort(start.mail)
    )
      view.follow(mail.message as SharedImages)
  }
  view.refresh = follow

  let nowMs = Date.now()
  const logger: Logger = {
    ...silentLogger,
    error: (event, fields, text) => say({ kind: 'fault', event, fields: { ...fields }, text }),
  }
  const tally = new Tally(start.cells)
  const clock = { nowMs: () => nowMs }
  const mail = refusalMail(clock, (refusal) => say({ kind: 'refused', refusal }))
  const refusals = countedRefusals(tally, mail)
  const answerer = new Answerer({
    random: { next: Math.random },
    logger,
    tally,
    clock,
    policy: policyOf(start.policy, refusals),
  })
  const failed = (errno: number) => {
    const count = tally.sendErrors
    if ((count & (count - 1)) === 0) say({ kind: 'unsent', count, error: libc.errorName(errno) })
  }
  const receivers = start.sockets.map((socket) => ({
    fd: socket.fd,
    receiver: new Receiver(socket, { libc, answerer, tally, failed }),
  }))
  const begin = (version: number) => {
    if (epochs.layout !== layout) follow()
    if (answerer.context.view === undefined && version > 0) answerer.context.view = view
    nowMs = Date.now()
  }
  say({ kind: 'ready' })
  serve({
    libc,
    epochs,
    reader: start.reader,
    tally,
    receivers,
    begin,
    nowMs: clock.nowMs,
    waitMs: start.waitMs,
  })
  for (const { receiver } of receivers) receiver.close()
}
start.mail.close()
