/**
 * Hooks that hang and hooks that flood delay no DNS answer and no decision: two instances, one of them with such hooks, get the same storm
 * of reports and are asked by turns, so that whatever else the machine does counts for both.
 */
import { createSocket, type Socket } from 'node:dgram'
import { afterEach, expect, it } from 'vitest'
import { queryOf } from '../support/dns-query.ts'
import { readReply } from '../support/dns-reply.ts'
import { createHttpLab, type HttpLab } from '../support/http-lab.ts'
import { type RunningSipvane, startSipvane } from '../support/sipvane-process.ts'

const ANSWERS = 1_000
const DECISIONS = 20
const QUERY = queryOf('pbx.voice.example.com', 'A')

const configOf = (hooks: string) => `
node: ns1
dns: { listen: ["127.0.0.1:0"] }
admin: { listen: "127.0.0.1:0" }
probes:
  told: { type: push, interval: 1h, timeout: 1s, fall: 1, rise: 1, expiresIn: 2h }
pools:
  edge:
    policy: failover
    probes: [told]
    damping: off
    failback: { mode: auto, delay: 0s }
    targets:
      sip1: { address: 192.0.2.11, priority: 10 }
      sip2: { address: 192.0.2.12, priority: 20 }
zones:
  voice.example.com:
    nameservers: [ns1.example.net.]
    ttl: 5s
    answers: [{ name: pbx, type: A, pool: edge }]
${hooks}`

const badHooks = (hanging: string, failing: string) => `hooks:
${Array.from(
  { length: 20 },
  (_, index) => `  bad${index}:
    type: webhook
    url: ${index % 2 === 0 ? hanging : failing}/x
    on: [decision.changed, verdict.changed, zone.changed, hook.ran, hook.failed]
    timeout: ${index % 2 === 0 ? '60s' : '1s'}
    retries: ${index % 4 === 1 ? 0 : 100}
    rate: { max: 10000, per: 1s }
`,
).join('')}`

/** One instance as its clients see it. */
class Asked {
  readonly sipvane: RunningSipvane
  readonly #socket: Socket
  readonly answersMs: number[] = []

  constructor(sipvane: RunningSipvane) {
    this.sipvane = sipvane
    this.#socket = createSocket('udp4')
    this.#socket.connect(sipvane.dnsPort, '127.0.0.1')
  }

  async ready(): Promise<void> {
    if (this.#socket.listenerCount('connect') === 0)
      await new Promise<void>((resolve) => this.#socket.once('connect', resolve))
  }

  /** The addresses that it answers with. */
  async ask(): Promise<string[]> {
    const beganMs = performance.now()
    const reply = new Promise<Buffer>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer in 5 s')), 5_000)
      this.#socket.once('message', (bytes) => {
        clearTimeout(timer)
        resolve(bytes)
      })
    })
    this.#socket.send(QUERY)
    const bytes = await reply
    this.answersMs.push(performance.now() - beganMs)
    return readReply(bytes).answer.map((line) => line.split(' ').at(-1) ?? '')
  }

  async report(result: 'pass' | 'fail', target = 'sip1'): Promise<void> {
    const url = `http://127.0.0.1:${this.sipvane.adminPort}/v1/pools/edge/targets/${target}/report`
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ result }) })
    if (!response.ok) throw new Error(`the report was not taken: ${response.status}`)
  }

  /** Milliseconds from a report to the answer that goes by it. */
  async decide(result: 'pass' | 'fail'): Promise<number> {
    const wanted = result === 'pass' ? '192.0.2.11' : '192.0.2.12'
    const beganMs = performance.now()
    await this.report(result)
    while ((await this.ask())[0] !== wanted) {
      if (performance.now() - beganMs > 10_000) throw new Error(`${wanted} is not answered`)
    }
    return performance.now() - beganMs
  }

  async close(): Promise<void> {
    this.#socket.close()
    await this.sipvane.stop()
  }
}

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function start(hooks: string): Promise<Asked> {
  const asked = new Asked(await startSipvane(configOf(hooks)))
  open.push(asked)
  await asked.ready()
  await asked.report('pass', 'sip2')
  await asked.decide('fail')
  return asked
}

const at = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? Number.NaN

it('of 1,000 answers while hooks hang and flood the 99th percentile is as without, and decisions take as long', async () => {
  const hanging: HttpLab = await createHttpLab(() => ({ silent: true }))
  const failing: HttpLab = await createHttpLab(() => ({ status: 500 }))
  open.push(hanging, failing)
  const plain = await start('')
  const hooked = await start(badHooks(hanging.url, failing.url))
  const both = [plain, hooked]

  const tookMs: [number[], number[]] = [[], []]
  for (let round = 0; round < DECISIONS; round++) {
    for (const [index, one] of both.entries())
      tookMs[index]?.push(await one.decide(round % 2 === 0 ? 'pass' : 'fail'))
  }

  let storming = true
  const storm = (async () => {
    for (let turn = 0; storming; turn++) {
      await Promise.all(both.map((one) => one.report(turn % 2 === 0 ? 'pass' : 'fail')))
    }
    return 'over'
  })()
  for (const one of both) one.answersMs.length = 0
  for (let count = 0; count < ANSWERS; count++) for (const one of both) await one.ask()
  storming = false
  await storm

  const [plainMs, hookedMs] = both.map(({ answersMs }) => at(answersMs, 0.99)) as [number, number]
  const [plainMedian, hookedMedian] = tookMs.map((each) => at(each, 0.5)) as [number, number]
  const words = `p99 of answers ${plainMs.toFixed(2)} and ${hookedMs.toFixed(2)} ms, decisions ${plainMedian.toFixed(1)} and ${hookedMedian.toFixed(1)} ms`
  // The hooks did hang and flood.
  expect(hanging.requests.length).toBeGreaterThanOrEqual(10)
  expect(failing.requests.length).toBeGreaterThan(100)
  expect(hookedMs, words).toBeLessThan(3 * plainMs + 10)
  expect(hookedMedian, words).toBeLessThan(3 * plainMedian + 50)
}, 120_000)
