/** A slow answer is no lost packet: the whole app against servers on real sockets, by what it remembers of their paths. */
import { afterEach, expect, test } from 'vitest'
import { startRemembering } from '../support/kept-losses.ts'
import { type Behaviour, delay, inTurn, silence, status } from '../support/sip-behaviours.ts'
import { realTime, until } from '../support/sip-real-time.ts'
import { createSipServer } from '../support/sip-server.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** The first question is answered at once, the second as `behaviour` says, so many times; gives the loss that is remembered after it. */
async function lossAfter(behaviour: Behaviour, answers: number): Promise<number> {
  const server = await createSipServer({ transport: 'udp', timers: realTime })
  cleanups.push(() => server.close())
  let sent = 0
  const counted: Behaviour = {
    onRequest(request, reply) {
      const send = (bytes: Uint8Array | string) => {
        reply.send(bytes)
        sent++
      }
      behaviour.onRequest(request, { ...reply, send })
    },
  }
  server.behave(inTurn(status(200), counted))
  // A target of one probe; the limit on slowness makes the app wrap it.
  const { app, losses, close } = await startRemembering(`
node: lab
probes:
  options: { type: sip-options, transport: udp, interval: 3s, timeout: 1s, degradeAbove: 900ms }
pools:
  edge:
    policy: failover
    probes: [options]
    targets: { sip1: { address: 127.0.0.1, port: ${server.port} } }
`)
  cleanups.push(close)
  const last = () => app.status().pools.edge?.targets.sip1?.probes[0]?.last
  await until(() => last()?.attempts === 2, 'a question that was sent twice', 15_000)
  expect(last()?.result).toBe('pass')
  // The next question, which would end the wait for a second answer, is more than a second away.
  await until(() => sent === answers, 'all answers')
  await new Promise((resolve) => setTimeout(resolve, 100))
  return Object.values(await losses())[0] ?? Number.NaN
}

test('a server that takes 600 ms for an answer is asked again, answers both, and its path is thought clean', async () => {
  expect(await lossAfter(delay(600), 2)).toBe(0)
})

test('a server that was asked again because a packet was lost answers one, and its path is thought lossy', async () => {
  expect(await lossAfter(inTurn(silence, delay(5)), 1)).toBeGreaterThan(0.2)
})
