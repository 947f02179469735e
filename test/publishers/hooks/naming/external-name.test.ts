import { decode, encode } from 'dns-packet'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkName, untilNamed } from '../../../../src/publishers/hooks/naming/external-name.ts'
import { createDatagramLab, type DatagramLab } from '../../../support/datagram-lab.ts'
import { realTime } from '../../../support/sip-real-time.ts'

const NAME = 'pbx.example.com'
const OLD = '192.0.2.1'
const NEW = '198.51.100.1'

let dns: DatagramLab
let addresses: readonly string[]
beforeEach(async () => {
  dns = await createDatagramLab()
  dns.behave((bytes, reply) => {
    const { id, questions } = decode(Buffer.from(bytes))
    const answers = addresses.map((data) => ({ type: 'A' as const, name: NAME, ttl: 1, data }))
    reply.send(encode({ type: 'response', id: id ?? 0, questions: questions ?? [], answers }))
  })
})
afterEach(() => dns.close())

const targets = [{ id: 'office/lte', addresses: [NEW] }] as never

it.each([
  [[NEW], 'pass'],
  [[NEW, OLD], 'fail'],
  [[], 'fail'],
  [[OLD], 'fail'],
])('a test of the hook wants exactly one address, that of a target: %j is a %s', async (seen, result) => {
  addresses = seen
  expect((await checkName(NAME, `127.0.0.1:${dns.port}`, targets)).result).toBe(result)
})

it('a name with the old address beside the new one is waited for: Asterisk would keep the old one', async () => {
  addresses = [OLD, NEW]
  const naming = { externalName: NAME, resolver: `127.0.0.1:${dns.port}` }
  const context = { signal: new AbortController().signal, dryRun: false, step: () => {} }
  let done: string | undefined
  const lte = { target: 'office/lte' as never, name: 'lte', addresses: [NEW] }
  const waiting = untilNamed(naming, [lte], context, realTime).then((address) => {
    done = address
  })
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(done).toBeUndefined()
  addresses = [NEW]
  await waiting
  expect(done).toBe(NEW)
})
