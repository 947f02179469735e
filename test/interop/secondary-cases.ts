import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { DnsSettings, TsigKeySettings } from '../../src/core/dns-settings.ts'
import type { Zone } from '../../src/core/snapshot.ts'
import { askByDatagram } from '../../src/publishers/providers/rfc2136/datagram.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { startResponder, until } from '../support/dns-client.ts'
import { queryOf } from '../support/dns-query.ts'
import { readReply } from '../support/dns-reply.ts'
import { snapshotOf, zoneOf } from '../support/dns-zone.ts'
import { hasPeer, peerPath } from '../support/peers.ts'
import { type RecordingLogger, recordingLogger } from '../support/recording-logger.ts'
import { workerUrl } from '../support/responder-batch.ts'
import { SECONDARIES, type Secondary, type SecondaryKind } from '../support/secondary.ts'
import { realTime } from '../support/sip-real-time.ts'
import { IDLE, KEY, portFreeForBoth, type UpdateKey } from '../support/update-server.ts'

const ZONE = 'voice.example.test'
const PATIENCE_MS = 25_000
const FIRST = 2_026_010_100
const CHANGES_KEPT = 120

/** The zone at one moment: the address is that of the server that lives. */
function version(serial: number, last: number): Zone {
  return zoneOf(
    `${ZONE}.`,
    `@ 15 SOA ns1 hostmaster ${serial} 300 60 1209600 15
@ 3600 NS ns1
@ 3600 NS ns2
ns1 A 127.0.0.1
ns2 A 127.0.0.1
@ A 192.0.2.${last}
_sip._udp SRV 10 60 5060 sip1
_sip._udp SRV 20 100 5060 sip2
@ NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp
sip1 A 192.0.2.11
sip2 AAAA 2001:db8::12
weighted A 192.0.2.71
weighted A 192.0.2.72
text TXT "${'x'.repeat(200)}"
child NS ns.child
ns.child A 192.0.2.60`,
    { weighted: { [`weighted.${ZONE}. A`]: [70, 30] } },
  )
}

function settingsFor(port: number, changes: number): Partial<DnsSettings> {
  const [key, idle] = [KEY, IDLE].map((one): TsigKeySettings => ({ ...one, name: canonicalName(one.name) }))
  if (key === undefined || idle === undefined) throw new Error('two keys went in')
  return {
    // As in production: by batches where they can be had.
    io: 'auto',
    keys: [key, idle],
    transfer: {
      allow: [{ network: '127.0.0.1/32', key: key.name }],
      zones: new Map(),
      journalChanges: changes,
      maxConcurrent: 4,
    },
    notify: {
      targets: [{ to: { address: '127.0.0.1', port }, key: key.name }],
      timeoutMs: 300,
      retries: 8,
    },
  }
}

/** One primary of ours and one real secondary. */
class Pair {
  readonly log: RecordingLogger = recordingLogger()
  serial = FIRST
  #responder: Awaited<ReturnType<typeof startResponder>> | undefined
  #secondary: Secondary | undefined

  async start(kind: SecondaryKind, options: { changes?: number; key?: UpdateKey; source?: string } = {}) {
    const port = await portFreeForBoth()
    this.#responder = await startResponder({
      logger: this.log,
      workerUrl,
      settings: settingsFor(port, options.changes ?? CHANGES_KEPT),
      snapshot: snapshotOf(version(this.serial, 1)),
    })
    const { key = KEY, source } = options
    const plan = {
      zones: [ZONE],
      primary: this.#responder.at,
      key,
      ...(source === undefined ? {} : { source }),
    }
    this.#secondary = await SECONDARIES[kind].start(plan, port)
  }

  /** The primary ends and comes back with a change, and without a memory of those before. */
  async restart(last: number): Promise<void> {
    const at = this.#responder?.at
    if (at === undefined || this.#secondary === undefined) throw new Error('it was not started')
    await this.#responder?.close()
    this.#responder = await startResponder({
      logger: this.log,
      workerUrl,
      listen: [at],
      settings: settingsFor(this.#secondary.at.port, CHANGES_KEPT),
      snapshot: snapshotOf(version(++this.serial, last)),
    })
  }

  get output(): string {
    return this.#secondary?.output() ?? ''
  }

  change(last: number): void {
    this.#responder?.publish(snapshotOf(version(++this.serial, last)))
  }

  /** What the secondary says of the zone now; undefined where it does not answer for it. */
  async answer(name = ZONE, type: 'A' | 'SRV' | 'SOA' = 'A'): Promise<readonly string[] | undefined> {
    if (this.#secondary === undefined) return undefined
    const options = { timers: realTime, timeoutMs: 500, signal: new AbortController().signal }
    const reply = await askByDatagram(this.#secondary.at, queryOf(name, type), options, (bytes) => bytes)
    if (reply === undefined || (reply[2] ?? 0) & 0x02) return undefined
    const { rcode, answer, flags } = readReply(reply)
    return rcode === 'NOERROR' && flags.includes('aa') ? answer : undefined
  }

  /** Resolves with the milliseconds until the secondary answers with this address. */
  async reaches(last: number): Promise<number> {
    const startMs = performance.now()
    while (performance.now() - startMs < PATIENCE_MS) {
      if ((await this.answer())?.some((line) => line.endsWith(` 192.0.2.${last}`))) {
        return performance.now() - startMs
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    throw new Error(
      `192.0.2.${last} did not come\n${this.output}\n${this.log.events.map((e) => e.message).join('\n')}`,
    )
  }

  kinds(): string[] {
    return this.log.events
      .filter(({ event }) => event === 'dns.transfer')
      .map(({ fields }) => String(fields.kind))
  }

  refusals(): string[] {
    return this.log.messagesOf('dns.transfer-refused')
  }

  async stop() {
    await this.#secondary?.stop()
    await this.#responder?.close()
  }
}

/** What every kind of secondary must do behind us. */
export function describeSecondary(kind: SecondaryKind, title: string): void {
  const { command, package: debian, byChanges } = SECONDARIES[kind]
  const missing = !hasPeer(command, debian) || peerPath(command) === undefined

  describe.skipIf(missing)(
    `${title} as secondary${missing ? ` (not installed: Debian package ${debian})` : ''}`,
    () => {
      const pair = new Pair()
      const others: Pair[] = []
      const another = async (options: Parameters<Pair['start']>[1]) => {
        const other = new Pair()
        others.push(other)
        await other.start(kind, options)
        return other
      }
      beforeAll(() => pair.start(kind), 60_000)
      afterAll(() => pair.stop())
      afterEach(async () => {
        for (const other of others.splice(0)) await other.stop()
      }, 30_000)

      it('takes the whole zone by signed AXFR and answers for it', async () => {
        await pair.reaches(1)
        expect(pair.kinds()[0]).toBe('full')
        const srv = await pair.answer(`_sip._udp.${ZONE}`, 'SRV')
        expect(srv?.map((line) => line.split(' SRV ')[1]).sort()).toEqual([
          `10 60 5060 sip1.${ZONE}`,
          `20 100 5060 sip2.${ZONE}`,
        ])
        // The union of what is answered by weight here.
        expect(await pair.answer(`weighted.${ZONE}`)).toHaveLength(2)
      }, 60_000)

      it(`learns of a change in under a second, by NOTIFY and ${byChanges ? 'I' : 'A'}XFR`, async () => {
        await pair.reaches(1)
        const tookMs: number[] = []
        for (let last = 20; last < 30; last++) {
          // Secondaries tell by whole seconds when they last asked.
          await new Promise((resolve) => setTimeout(resolve, 300))
          pair.change(last)
          tookMs.push(await pair.reaches(last))
        }
        const sorted = tookMs.sort((a, b) => a - b)
        expect(sorted[sorted.length >> 1]).toBeLessThan(1_000)
        const kind = byChanges ? 'incremental' : 'full'
        expect(pair.kinds().filter((one) => one === kind).length).toBeGreaterThan(1)
      }, 120_000)

      it('follows a hundred changes in a row to the last one', async () => {
        for (let i = 0; i < 100; i++) {
          pair.change(100 + i)
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
        const tookMs = await pair.reaches(199)
        expect(tookMs).toBeLessThan(10_000)
        expect(await pair.answer(ZONE, 'SOA')).toEqual([expect.stringContaining(` ${pair.serial} `)])
        expect(await until(() => pair.log.messagesOf('notify.gave-up').length === 0)).toBe(true)
      }, 120_000)

      it.runIf(byChanges)(
        'falls back to the whole zone where its version is not kept any more',
        async () => {
          const other = await another({ changes: 2 })
          await other.reaches(1)
          for (let i = 0; i < 10; i++) other.change(30 + i)
          await other.reaches(39)
          expect(other.kinds()).toContain('full-instead')
        },
        60_000,
      )

      it('learns of a change by the restart of the primary, and goes on from there', async () => {
        const other = await another({})
        await other.reaches(1)
        await other.restart(40)
        await other.reaches(40)
        expect(other.kinds().at(-1)).toBe(byChanges ? 'full-instead' : 'full')
        // Secondaries tell by whole seconds when they last asked.
        await new Promise((resolve) => setTimeout(resolve, 1_100))
        other.change(41)
        await other.reaches(41)
        expect(other.kinds().at(-1)).toBe(byChanges ? 'incremental' : 'full')
      }, 60_000)

      it('is refused with the wrong secret, and that is logged', async () => {
        const secret = Buffer.from('not the secret that we two share').toString('base64')
        const other = await another({ key: { ...IDLE, secret } })
        expect(await until(() => other.refusals().length > 0, PATIENCE_MS)).toBe(true)
        expect(other.refusals()[0]).toContain('the signature is wrong')
        expect(other.kinds()).toEqual([])
        expect(await other.answer()).toBeUndefined()
      }, 60_000)

      it('is refused from the wrong address, though its key is right, and that is logged', async () => {
        const other = await another({ source: '127.0.0.77' })
        expect(await until(() => other.refusals().length > 0, PATIENCE_MS)).toBe(true)
        expect(other.refusals()[0]).toContain('127.0.0.77 was refused')
        expect(other.kinds()).toEqual([])
        expect(await other.answer()).toBeUndefined()
      }, 60_000)
    },
  )
}
