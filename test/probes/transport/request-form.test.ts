import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { optionsRequest } from '../../../src/probes/options-request.ts'
import { requestForm } from '../../../src/probes/transport/request-form.ts'
import { newRequestIds } from '../../../src/wire/sip/ids.ts'

const local = fc.record({
  address: fc.constantFrom('192.0.2.1', '2001:db8::1', '203.0.113.254'),
  port: fc.integer({ min: 1, max: 65_535 }),
})
const ids = fc
  .uint8Array({ minLength: 40, maxLength: 40 })
  .filter((bytes) => new Set(bytes).size > 20)
  .map((bytes) => newRequestIds(() => bytes))

describe('a request with its identifiers put in', () => {
  test('is the request as it would be composed anew, from whichever port, after whichever others', () => {
    const request = {
      transport: 'udp',
      address: '198.51.100.7',
      port: 5060,
      maxForwards: 70,
      userAgent: 'sipvane/0 (+health check)',
    } as const
    fc.assert(
      fc.property(fc.array(fc.tuple(local, ids), { minLength: 1, maxLength: 8 }), (questions) => {
        let composed = 0
        const write = requestForm((at, given) => {
          composed++
          return optionsRequest(request, at, given)
        })
        const written = questions.map(([at, given]) => Buffer.from(write(at, given)).toString('latin1'))
        const anew = questions.map(([at, given]) => Buffer.from(optionsRequest(request, at, given)))
        expect(written).toEqual(anew.map((bytes) => bytes.toString('latin1')))
        const moves = questions.filter(
          ([at], index) => JSON.stringify(at) !== JSON.stringify(questions[index - 1]?.[0]),
        )
        expect(composed).toBe(moves.length)
      }),
      { seed: 11 },
    )
  })

  test('each is a copy of its own: one that is sent again is not the next one', () => {
    const write = requestForm((_, given) => Buffer.from(`${given.branch} ${given.fromTag} ${given.callId}`))
    const at = { address: '192.0.2.1', port: 5060 }
    const a = write(at, { branch: 'AAA', fromTag: 'BBB', callId: 'CCC' })
    const b = write(at, { branch: 'DDD', fromTag: 'EEE', callId: 'FFF' })
    expect(Buffer.from(a).toString()).toBe('AAA BBB CCC')
    expect(Buffer.from(b).toString()).toBe('DDD EEE FFF')
  })
})
