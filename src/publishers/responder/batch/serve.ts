import type { Epochs } from '../image/epochs.ts'
import type { Tally } from '../tally.ts'
import { Gathering } from './gathering.ts'
import { LINUX, type Libc } from './libc.ts'
import type { Receiver } from './receiver.ts'
import { Waiting } from './waiting.ts'

export interface ServeDeps {
  readonly libc: Libc
  readonly epochs: Epochs
  readonly reader: number
  readonly tally: Tally
  readonly receivers: readonly { readonly fd: number; readonly receiver: Receiver }[]
  /** Called before each batch, with the version that it will be answered from at the least. */
  readonly begin: (version: number) => void
  /** The time that `begin` read, in epoch milliseconds. */
  readonly nowMs: () => number
  /** How long a thread with several sockets sleeps before it looks whether it is to stop; -1: until the wait is ended. */
  readonly waitMs: number
}

/**
 * Answers until the epochs say stop. With one socket the thread sleeps in the system's receive call, which brings all that waits; with
 * several it sleeps in `poll` and then asks those that have something. Neither has a time-out unless the socket or `waitMs` sets one: a
 * timer that is armed and disarmed around each sleep costs 0.3 us a query. Who says stop ends the wait too (`endWait`).
 */
export function serve({ libc, epochs, reader, tally, receivers, begin, nowMs, waitMs }: ServeDeps): void {
  const gathering = new Gathering(libc)
  const only = receivers.length === 1 ? receivers[0] : undefined
  const waiting =
    only === undefined
      ? new Waiting(
          libc,
          receivers.map(({ fd }) => fd),
        )
      : undefined
  // Who sleeps holds nothing, or memory would fill up behind one whom nobody asks. On waking it enters first and looks second: what it is
  // then led to stays, and what was taken away before it has been told of.
  const enter = () => {
    const { version } = epochs
    epochs.enter(reader, version)
    begin(version)
  }
  while (!epochs.stopped) {
    epochs.leave(reader)
    gathering.pause()
    let came = 0
    if (only !== undefined) {
      const count = only.receiver.receive(LINUX.MSG_WAITFORONE)
      enter()
      if (count > 0) only.receiver.answer(count)
      came = count
    } else if (waiting !== undefined) {
      const ready = waiting.wait(waitMs)
      enter()
      for (let i = 0; ready > 0 && i < receivers.length; i++) {
        const receiver = receivers[i]?.receiver
        if (receiver === undefined || !waiting.isReady(i)) continue
        const count = receiver.receive(LINUX.MSG_DONTWAIT)
        if (count <= 0) continue
        receiver.answer(count)
        came += count
      }
    }
    gathering.came(came, nowMs())
    tally.share()
  }
  epochs.leave(reader)
  waiting?.close()
  gathering.close()
}
