import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { type Answer, decode, encode } from 'dns-packet'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'

const naptr = (replacement: string, flags = 's'): Answer => ({
  type: 'NAPTR',
  name: 'voice.example.com',
  ttl: 30,
  data: { order: 10, preference: 50, flags, services: 'SIP+D2U', regexp: '', replacement },
})

/** A name server that says what `answers` holds, and keeps the types that it was asked for. */
const server = createSocket('udp4')
let answers: Answer[] = []
let asked: string[] = []
let address = ''
/** What the type of the last answer, of two octets of data, is changed to. */
let retype: number | undefined

server.on('message', (message, from) => {
  const { id, questions = [] } = decode(message)
  asked.push(...questions.map(({ type }) => type))
  const reply = encode({ type: 'response', id: id ?? 0, questions, answers })
  // From the end: data (2), its length (2), TTL (4), class (2), type (2).
  if (retype !== undefined) reply.writeUInt16BE(retype, reply.length - 12)
  server.send(reply, from.port, from.address)
})

beforeEach(async () => {
  if (address === '') {
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    address = `127.0.0.1:${server.address().port}`
  }
  asked = []
  retype = undefined
})
afterAll(() => {
  server.close()
})

async function query(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const io = { stdout, stderr, env: {}, cwd: '/', hostname: 'h' }
  const code = await main(['query', ...args], io)
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }
}

it('asks for NAPTR, and shows it as a master file has it', async () => {
  answers = [naptr('_sip._udp.voice.example.com'), naptr('.', 'u')]
  expect(await query('voice.example.com', 'NAPTR', '--server', address)).toEqual({
    code: 0,
    stdout: [
      ';; NOERROR',
      'voice.example.com. 30 IN NAPTR 10 50 "s" "SIP+D2U" "" _sip._udp.voice.example.com.',
      'voice.example.com. 30 IN NAPTR 10 50 "u" "SIP+D2U" "" .',
      '',
    ].join('\n'),
    stderr: '',
  })
  expect(asked).toEqual(['NAPTR'])
})

it('says where a NAPTR cannot be read', async () => {
  answers = [{ type: 'NULL', name: 'voice.example.com', ttl: 30, data: Buffer.from([0, 10]) }]
  retype = 35
  const { code, stdout } = await query('voice.example.com', 'NAPTR', '--server', address)
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: ';; NOERROR\nvoice.example.com. 30 IN NAPTR (unreadable)\n',
  })
})

it('takes the type in any case, and tells which there are', async () => {
  answers = []
  expect((await query('voice.example.com', 'srv', '--server', address)).code).toBe(0)
  expect(asked).toEqual(['SRV'])
  const { code, stderr } = await query('voice.example.com', 'HINFO', '--server', address)
  expect(code).toBe(2)
  expect(stderr).toContain('one of A, AAAA, SRV, NAPTR, ')
})
