/** A slow answer is no lost packet for what else repeats datagrams: the whole app, a real resolver and a STUN server behind slow lines. */
import { afterEach, expect, test } from 'vitest'
import { createDatagramLab } from '../support/datagram-lab.ts'
import { startRemembering } from '../support/kept-losses.ts'
import { createLossyRelay } from '../support/lossy-relay.ts'
import { hasPeer } from '../support/peers.ts'
import { until } from '../support/sip-real-time.ts'
import { stunSuccess } from '../support/stun-messages.ts'
import { startUnbound } from '../support/unbound-server.ts'

const missing = !hasPeer('unbound', 'unbound')

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A line to that server that is quick until its delay or its loss is changed. */
async function lineTo(port: number) {
  const line = { to: { address: '127.0.0.1', port }, loss: 0, delayMs: 0, seed: 1 }
  const relay = await createLossyRelay(line)
  cleanups.push(() => relay.close())
  return { line, relay }
}

test.skipIf(missing)(
  'what a slow resolver and a slow STUN server taught of loss is taken back, what a lost packet did is not',
  async () => {
    const resolver = await startUnbound({ address: '127.0.0.1', port: 9 }, [])
    cleanups.push(() => resolver.stop())
    const stun = await createDatagramLab((bytes, reply, from) =>
      reply.send(stunSuccess(bytes.subarray(8, 20), from)),
    )
    cleanups.push(() => stun.close())
    const slowDns = await lineTo(resolver.at.port)
    const slowStun = await lineTo(stun.port)
    const lossyDns = await lineTo(resolver.at.port)
    const common = 'interval: 3s, timeout: 1s'
    const query = `type: dns, name: localhost, recursion: true, ${common}`
    const { app, losses, close } = await startRemembering(`
node: lab
probes:
  slow-dns: { ${query}, port: ${slowDns.relay.port} }
  slow-stun: { type: stun, port: ${slowStun.relay.port}, ${common} }
  slow-both: { type: all, of: [slow-dns, slow-stun], ${common} }
  slow-hosts: { type: stun, port: ${slowStun.relay.port}, destinations: [127.0.0.1], ${common} }
  lossy-dns: { ${query}, port: ${lossyDns.relay.port} }
pools:
${['slow-dns', 'slow-stun', 'slow-both', 'slow-hosts', 'lossy-dns']
  .map(
    (name) => `  ${name}: { policy: failover, probes: [${name}], targets: { it: { address: 127.0.0.1 } } }`,
  )
  .join('\n')}
`)
    cleanups.push(close)
    const lasts = () => Object.values(app.status().pools).map((pool) => pool.targets.it?.probes[0]?.last)
    await until(() => lasts().every((last) => last?.result === 'pass'), 'a first answer of each', 15_000)
    expect(lasts().map((last) => last?.attempts)).toEqual([1, 1, 1, 1, 1])
    // To and fro: the second question is answered after 600 ms, and so is its repetition, which leaves after 500.
    slowDns.line.delayMs = 300
    slowStun.line.delayMs = 300
    lossyDns.line.loss = 1
    await until(() => lossyDns.relay.dropped > 0, 'a lost packet', 15_000)
    lossyDns.line.loss = 0
    await until(() => lasts().every((last) => last?.attempts === 2), 'questions that were sent twice', 15_000)
    expect(lasts().map((last) => last?.result)).toEqual(Array(5).fill('pass'))
    // The next questions, which would end the wait for second answers, are more than a second away.
    await new Promise((resolve) => setTimeout(resolve, 700))
    const lossy = Object.entries(await losses()).map(([watch, loss]) => [watch.split('/')[0], loss > 0])
    expect(lossy.sort()).toEqual([
      ['lossy-dns', true],
      ['slow-both', false],
      ['slow-dns', false],
      ['slow-hosts', false],
      ['slow-stun', false],
    ])
  },
)
