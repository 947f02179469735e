import { isIPv6 } from 'node:net'
import type { DnsSettings } from '../../core/dns-settings.ts'
import type { Clock, Logger, Random, Timers } from '../../core/ports.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import { Notifier, type NotifyCounts } from '../notify/notifier.ts'
import { NotifySockets } from '../notify/sockets.ts'
import { tsigKeys } from './signed.ts'
import { PUBLISHER_NAME } from './store.ts'
import { TransferDesk } from './transfer/desk.ts'
import type { Refusals } from './transfer/refusal-log.ts'

export interface SecondariesDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  readonly refusals: Refusals
  /** Every zone of the last snapshot is answered for. */
  readonly ready: () => boolean
}

/** All that secondaries of ours need: transfers, and word of every change. */
export class Secondaries {
  /** Absent: nobody may transfer. */
  readonly desk: TransferDesk | undefined
  readonly #deps: SecondariesDeps
  readonly #notifier: Notifier | undefined
  readonly #sockets: NotifySockets | undefined
  #untold: Snapshot | undefined
  #listening = false
  #turn: NodeJS.Immediate | undefined

  constructor(settings: DnsSettings, deps: SecondariesDeps) {
    const { transfer, notify, keys: keySettings = [] } = settings
    const keys = tsigKeys(keySettings)
    this.#deps = deps
    if (transfer !== undefined) {
      this.desk = new TransferDesk(transfer, keys, {
        ...deps,
        publisher: PUBLISHER_NAME,
        defer: (next) => setImmediate(next),
      })
    }
    if (notify === undefined) return
    this.#sockets = new NotifySockets({
      logger: deps.logger,
      source: (family) => sourceOf(settings, family),
      receive: (bytes, from) => this.#notifier?.receive(bytes, from),
    })
    this.#notifier = new Notifier(notify, keys, {
      ...deps,
      publisher: PUBLISHER_NAME,
      send: (bytes, to) => this.#sockets?.send(bytes, to),
    })
  }

  get notifyCounts(): NotifyCounts {
    return this.#notifier?.counts ?? { sent: 0, acknowledged: 0, lost: 0, pending: 0 }
  }

  publish(snapshot: Snapshot): void {
    this.desk?.publish(snapshot)
    this.#untold = snapshot
    this.#tell()
  }

  /** From here on queries are answered, so secondaries may be told to ask. */
  start(): void {
    this.#listening = true
    this.#tell()
  }

  async close(): Promise<void> {
    this.#listening = false
    clearImmediate(this.#turn)
    this.#notifier?.close()
    await this.#sockets?.close()
  }

  /** A secondary asks for the SOA at once, and an old one would tell it that there is nothing new: the answers go first. */
  #tell(): void {
    if (this.#notifier === undefined || this.#untold === undefined || !this.#listening) return
    if (!this.#deps.ready()) {
      clearImmediate(this.#turn)
      this.#turn = setImmediate(() => this.#tell())
      return
    }
    const snapshot = this.#untold
    this.#untold = undefined
    this.#notifier.publish(snapshot)
  }
}

/** The address that secondaries know us by: as set, or the first that we answer on. */
function sourceOf({ listen, notify }: DnsSettings, family: 4 | 6): string | undefined {
  const of = (address: string) => (isIPv6(address) ? 6 : 4) === family
  if (notify?.source !== undefined && of(notify.source)) return notify.source
  const first = listen.find(({ address }) => of(address))?.address
  return first === '0.0.0.0' || first === '::' ? undefined : first
}
