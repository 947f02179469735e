/** What other balancers are told over HTTP by a running instance, from its start through a hand-over. */
import { afterEach, expect, test } from 'vitest'
import { type AdminLab, startAdminLab } from '../support/admin-lab.ts'

const HANDOVER_MS = 1_000
const AT_ONCE = 40
const CONFIG = `
node: ns1
lb: { handover: 1s }
probes:
  told: { type: push, interval: 1h, timeout: 1s, fall: 1, rise: 1, expiresIn: 2h }
pools:
  edge:
    policy: failover
    probes: [told]
    failback: { mode: auto, delay: 0s }
    targets:
      sip1: { address: 192.0.2.11, priority: 10 }
      sip2: { address: 192.0.2.12, priority: 20 }
`

let lab: AdminLab | undefined
afterEach(async () => {
  await lab?.close()
  lab = undefined
})

async function start(token?: string): Promise<AdminLab> {
  lab = await startAdminLab(CONFIG, token === undefined ? {} : { token })
  await lab.report('edge/sip1', 'pass')
  await lab.report('edge/sip2', 'pass')
  return lab
}

const statusOf = async (target: string, method = 'GET') =>
  (await lab?.ask(`/lb/edge/${target}`, { method }))?.status

async function untilStatus(target: string, status: number): Promise<void> {
  const endMs = performance.now() + 15_000
  while ((await statusOf(target)) !== status) {
    if (performance.now() > endMs) throw new Error(`${target} was never ${status}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('after a start nobody is active for one hand-over, then one is; GET and HEAD say the same', async () => {
  const { ask } = await start()
  const first = await ask('/lb/edge/sip1')
  expect([first.status, first.headers.get('retry-after')]).toEqual([503, '1'])
  await untilStatus('sip1', 200)
  const active = await ask('/lb/edge/sip1')
  expect([active.status, active.headers.get('cache-control'), await active.json()]).toEqual([
    200,
    'no-store',
    { status: 'active' },
  ])
  const head = await ask('/lb/edge/sip1', { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const standby = await ask('/lb/edge/sip2')
  expect([standby.status, standby.headers.get('retry-after')]).toEqual([503, null])
  expect(await statusOf('sip2', 'HEAD')).toBe(503)
  expect(await statusOf('sip9')).toBe(404)
  expect(await statusOf('sip1', 'POST')).toBe(404)
})

test('between the last 200 of one and the first 200 of the other lies a whole hand-over of 503', async () => {
  const { report } = await start()
  await untilStatus('sip1', 200)
  let lastYesMs = 0
  let gap = 0
  let reported = false
  for (;;) {
    // The time before asking the old and after the answer of the new: what is measured is never longer than what was.
    const beforeMs = performance.now()
    const [one, two] = [await statusOf('sip1'), await statusOf('sip2')]
    expect([one, two]).not.toEqual([200, 200])
    if (one === 200) lastYesMs = beforeMs
    if (one === 503 && two === 503) gap++
    if (two === 200) break
    if (!reported) await report('edge/sip1', 'fail')
    reported = true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(performance.now() - lastYesMs).toBeGreaterThanOrEqual(HANDOVER_MS)
  expect(gap).toBeGreaterThan(3)
  // It comes back, and has to wait as well.
  await report('edge/sip1', 'pass')
  await untilStatus('sip2', 503)
  expect(await statusOf('sip1')).toBe(503)
  await untilStatus('sip1', 200)
})

test('it asks for no token where the rest of the API does, and tells no more than one word', async () => {
  const { ask } = await start('let-me-in')
  expect((await ask('/v1/status')).status).toBe(401)
  await untilStatus('sip1', 200)
  expect(await (await ask('/lb/edge/sip2')).json()).toEqual({ status: 'standby' })
})

test('of a thousand who ask, many at once, by GET and HEAD, about both, nobody hears of two', async () => {
  const { report } = await start()
  await untilStatus('sip1', 200)
  const asked = Array.from({ length: 1_000 }, (_, index) => ({
    target: index % 2 === 0 ? 'sip1' : 'sip2',
    method: index % 3 === 0 ? 'HEAD' : 'GET',
  }))
  const told = (answers: readonly (number | undefined)[], status: number) =>
    new Set(asked.flatMap(({ target }, index) => (answers[index] === status ? target : [])))
  const all = async () => {
    const answers: (number | undefined)[] = []
    for (let from = 0; from < asked.length; from += AT_ONCE) {
      const some = asked.slice(from, from + AT_ONCE)
      answers.push(...(await Promise.all(some.map(({ target, method }) => statusOf(target, method)))))
    }
    return answers
  }
  const before = await all()
  expect([told(before, 200), told(before, 503)]).toEqual([new Set(['sip1']), new Set(['sip2'])])
  await report('edge/sip1', 'fail')
  await untilStatus('sip1', 503)
  const after = await all()
  // Where that took longer than a hand-over, the other one has taken over meanwhile.
  expect(told(after, 200).has('sip1')).toBe(false)
  expect(told(after, 503).has('sip1')).toBe(true)
}, 60_000)

test('names that nobody has are refused, tell nothing, and move nothing', async () => {
  const { ask } = await start('let-me-in')
  await untilStatus('sip1', 200)
  const names = [
    ...[
      'edge/sip9',
      'nowhere/sip1',
      'edge/__proto__',
      '__proto__/constructor',
      'constructor/name',
      'EDGE/SIP1',
    ],
    ...[
      'edge/',
      'edge',
      '',
      'edge/sip1/',
      'edge/sip1/more',
      'edge//sip1',
      'edge%2Fsip1',
      'edge/sip1%00',
      'edge/%zz',
    ],
    ...[`edge/${'x'.repeat(5_000)}`, `${'y'.repeat(5_000)}/sip1`],
  ]
  for (const name of names) {
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']) {
      const response = await ask(`/lb/${name}`, { method })
      expect([400, 404, 414], `${method} ${name.slice(0, 40)}`).toContain(response.status)
      const text = await response.text()
      expect(text).not.toMatch(/active|standby|192\.0\.2|sip2/)
    }
  }
  expect([await statusOf('sip1'), await statusOf('sip2')]).toEqual([200, 503])
})
