import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { type LabRequest, response } from '../support/sip-behaviours.ts'
import { createSipBench, type SipBench, TIMEOUT_MS } from '../support/sip-bench.ts'

const SEED = 20_261_121
const RUNS = 4000

/** One change of the bytes: some taken out, some put in, at a place given as a share of the length. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  drop: fc.nat(20),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc
      .constantFrom('\r\n', '\r\n\r\n', '\n', '\0', ':', ';', ',', '"', 'Content-Length: 99\r\n', ' ')
      .map(Buffer.from),
  ),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

const mutation = fc.record({
  status: fc.constantFrom(100, 180, 200, 200, 200, 404, 503),
  changes: fc.array(change, { maxLength: 4 }),
  repeat: fc.constantFrom(1, 1, 1, 1, 2, 40),
})

function mutated(text: string, changes: readonly Change[]): Buffer {
  let bytes = Buffer.from(text, 'latin1')
  for (const { at, drop, put } of changes) {
    const index = Math.floor(at * bytes.length)
    bytes = Buffer.concat([bytes.subarray(0, index), put, bytes.subarray(index + drop)])
  }
  return bytes
}

/** Necessary for a pass, by other means than the code under test uses. */
function mayPass(bytes: Buffer, request: LabRequest): boolean {
  const text = bytes.toString('latin1')
  const branch = /branch=([^;\r]+)/.exec(request.text)?.[1] ?? '?'
  return (
    /SIP\/2\.0 [2-6]\d\d/i.test(text) &&
    text.includes(branch) &&
    text.includes(request.header('call-id') ?? '?') &&
    /OPTIONS/.test(text)
  )
}

async function settle(bench: SipBench, answer: Promise<Outcome>): Promise<Outcome> {
  let done = false
  void answer.finally(() => {
    done = true
  })
  for (let turn = 0; turn < 300 && !done; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
  if (!done) await bench.time.advance(TIMEOUT_MS)
  return answer
}

describe.each(['udp', 'tcp'] as const)('mutated answers over %s', (transport) => {
  let bench: SipBench | undefined
  afterAll(() => bench?.close())

  test(`of ${RUNS}, none throws, none leaks, none passes that could not`, async () => {
    const rig = await createSipBench({ server: { transport } })
    bench = rig
    const seen = new Map<string, number>()
    const run = async ({
      status,
      changes,
      repeat,
    }: typeof mutation extends fc.Arbitrary<infer T> ? T : never) => {
      const sent: { bytes: Buffer; request: LabRequest }[] = []
      rig.server.behave({
        onRequest(request, reply) {
          const bytes = mutated(response(request, status), changes)
          sent.push({ bytes, request })
          for (let copy = 0; copy < repeat; copy++) reply.send(bytes)
          // Then the truth: a question that is still open learns that the server failed.
          reply.send(response(request, 500))
        },
      })
      const answer = await settle(rig, rig.ask())
      seen.set(answer.reason, (seen.get(answer.reason) ?? 0) + 1)
      expect(answer.result).not.toBe('inconclusive')
      expect(answer.detail).toMatch(/^[\x20-\x7e]{0,200}$/)
      if (answer.result === 'pass') expect(sent.some((each) => mayPass(each.bytes, each.request))).toBe(true)
      expect(rig.sip.sockets).toBeLessThanOrEqual(1)
      expect(rig.time.pending).toBeLessThanOrEqual(1)
    }
    await fc.assert(fc.asyncProperty(mutation, run), { seed: SEED, numRuns: RUNS })
    // The mutations were neither all harmless nor all deadly.
    for (const reason of ['ok', 'bad-status']) expect(seen.get(reason) ?? 0).toBeGreaterThan(RUNS / 20)
    // A datagram cannot spoil the next one; a stream that is out of step is at its end.
    const spoiled = (seen.get('bad-reply') ?? 0) + (seen.get('timeout') ?? 0)
    if (transport === 'udp') expect(spoiled).toBe(0)
    else expect(spoiled).toBeGreaterThan(RUNS / 20)
    expect(rig.sip.counters.malformed).toBeGreaterThan(RUNS / 20)
    expect(rig.sip.counters.foreign).toBeGreaterThan(0)
  }, 120_000)
})
