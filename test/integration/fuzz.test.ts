import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { answerTo } from '../support/dns-ask.ts'
import { queryOf } from '../support/dns-query.ts'
import { checkReply } from '../support/fuzz/query-path.ts'

const SECONDS = 8

describe('the query path under coverage-guided fuzzing (npm run fuzz)', () => {
  it('breaks no rule, reaches code that its seeds do not, and says by which seed to go the same way again', async () => {
    const args = ['build/test/support/fuzz/main.js', '--seconds', String(SECONDS)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 })
    const seed = /seed (\d+)/.exec(stdout)?.[1]
    const found =
      /(\d+) queries, (\d+) kept, .* (\d+) characters of code reached \((\d+) by the seeds\)/.exec(stdout)
    expect(seed).toBeDefined()
    const [runs, kept, reached, atFirst] = (found ?? []).slice(1).map(Number)
    expect(runs, stdout).toBeGreaterThan(5_000)
    expect(kept, stdout).toBeGreaterThan(100)
    expect(reached, stdout).toBeGreaterThan(atFirst ?? 0)
  }, 150_000)

  const query = queryOf('voice.example.test', 'A', { edns: true, flags: 0x0100 })
  const reply = () => answerTo(query) ?? Buffer.alloc(0)
  const bent = (at: number, octet: number) => {
    const bytes = reply()
    bytes[at] = octet
    return bytes
  }

  it('takes a sound reply', () => {
    expect(checkReply(query, reply(), 'udp', 0)).toMatch(/^0 133 1 0 1 /)
  })

  it.each([
    ['another id', bent(0, 1), 0],
    ['a reply that is none', bent(2, 0x05), 0],
    ['RD not copied', bent(2, 0x84), 0],
    ['RA', bent(3, 0x80), 0],
    ['TC over TCP', bent(2, 0x87), 0],
    ['another question', bent(13, 0x56), 0],
    ['a count that lies', bent(7, 2), 0],
    ['another RCODE than was counted', reply(), 3],
    ['octets behind the end', Buffer.concat([reply(), Buffer.from([0])]), 0],
    ['nothing but a header that counts', reply().subarray(0, 12), 0],
    ['more than UDP takes', Buffer.concat([reply(), Buffer.alloc(1232)]), 0],
  ])('refuses %s', (what, bytes, rcode) => {
    const transport = what === 'TC over TCP' ? 'tcp' : 'udp'
    expect(() => checkReply(query, bytes, transport, rcode)).toThrow()
  })
})
