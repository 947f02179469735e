import { describe, expect, test } from 'vitest'
import type { TraceStep } from '../../../src/probes/definition.ts'
import { TransactionTrace } from '../../../src/probes/transport/transaction-trace.ts'

const SECRET = '0123456789abcdef0123456789abcdef'
/** As we send it, or as a server that gives all back to us would. */
const MESSAGE = Buffer.from(
  `SIP/2.0 400 Bad\r\nAuthorization: Digest username="u", response="${SECRET}"\r\nX: \x1b[2J\r\n\r\n`,
  'latin1',
)

describe('what people see of a question', () => {
  test.each<[string, (trace: TransactionTrace) => void]>([
    ['sent', (trace) => trace.sent(MESSAGE)],
    ['received', (trace) => trace.received(MESSAGE)],
    ['passed over', (trace) => trace.ignored('an answer to something else', MESSAGE)],
  ])('holds no digest of a password, and nothing that a terminal acts on: %s', (_what, tell) => {
    const steps: TraceStep[] = []
    tell(new TransactionTrace((step) => steps.push(step)))
    const text = steps.map((step) => step.text).join('\n')
    expect(steps).toHaveLength(1)
    expect(text).toContain('response="(hidden)"')
    expect(text).not.toContain(SECRET)
    expect(text).not.toContain('\x1b')
  })

  test('tells how the server sees us only where a NAT changed it, printably', () => {
    const steps: TraceStep[] = []
    const trace = new TransactionTrace((step) => steps.push(step))
    const local = { address: '192.0.2.1', port: 5060 }
    const via = { transport: 'UDP', sentBy: '192.0.2.1:5060' }
    trace.mapping(local, via)
    trace.mapping(local, { ...via, received: '192.0.2.1', rport: 5060 })
    expect(steps).toEqual([])
    trace.mapping(local, { ...via, received: '203.0.113.9\x1b', rport: 40_000 })
    expect(steps).toEqual([{ direction: 'note', text: 'the server sees us as 203.0.113.9\\x1b port 40000' }])
  })
})
