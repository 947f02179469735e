/** What a change of the configuration does to hooks that have something to do. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Hooks } from '../../src/app/hooks.ts'
import { DSL, decision, LTE } from '../support/hook-driver.ts'
import { createHttpLab, type HttpLab } from '../support/http-lab.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { settingsOf } from '../support/settings.ts'
import { realTime } from '../support/sip-real-time.ts'

let dir = ''
let lab: HttpLab
let hooks: Hooks
let logger = recordingLogger()

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipvane-hooks-'))
  lab = await createHttpLab(() => ({ silent: true }))
  logger = recordingLogger()
  const time = { clock: realTime, timers: realTime, random: { next: () => 0 } }
  hooks = new Hooks({ ...time, logger, tell: () => {} })
})
afterEach(async () => {
  await hooks.close()
  await lab.close()
  await rm(dir, { recursive: true, force: true })
})

const settings = (text: string, lte = '198.51.100.1') =>
  settingsOf(`
node: ns1
probes:
  told: { type: push }
pools:
  office:
    policy: failover
    probes: [told]
    targets:
      dsl: { address: 192.0.2.1, priority: 10 }
      lte: { address: ${lte}, priority: 20 }
hooks:
${text}`)

const posts = () => `  posts: { type: webhook, url: "${lab.url}/x", on: [decision.changed], timeout: 20s }\n`
const delivered = () => lab.requests.map(({ headers, body }) => headers['webhook-id'] ?? JSON.parse(body).id)

/** A program that appends its name to a file when it ends. */
async function program(name: string, script: string): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, `#!/bin/sh\n${script}\necho ${name} >> ${dir}/ran\n`, { mode: 0o755 })
  return `  ${name}: { type: exec, command: [${path}] }\n`
}
const ran = async () => (await readFile(join(dir, 'ran'), 'utf8').catch(() => '')).split('\n').filter(Boolean)

it('goes on with what an unchanged hook is doing while another one changes', async () => {
  const slow = await program('slow', `echo begun >> ${dir}/ran; sleep 1`)
  await hooks.adopt(settings(slow))
  hooks.take(decision(LTE))
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun'])
  await hooks.adopt(settings(slow + posts()))
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun', 'slow'])
  expect(logger.messagesOf('hook.stopped')).toEqual([])
  expect(hooks.report()).toMatchObject({ slow: { runs: { ran: 1 } }, posts: { waiting: 0 } })
})

it.each([
  ['an address of its pool was found anew', () => settings(posts(), '198.51.100.77')],
  ['its settings changed', () => settings(posts().replace('20s', '10s'))],
])('gives a hook anew what it was at and what waited for it, in order, when %s', async (_, next) => {
  await hooks.adopt(settings(posts()))
  const events = [decision(LTE), decision(LTE), decision(LTE)]
  for (const event of events) hooks.take(event)
  await expect.poll(() => lab.requests.length, { timeout: 10_000 }).toBe(1)
  lab.behave(() => ({ status: 204 }))
  const later = decision(LTE)
  const adopting = hooks.adopt(next())
  hooks.take(later)
  await adopting
  const ids = [...events, later].map(({ id }) => id)
  await expect.poll(delivered, { timeout: 10_000 }).toEqual([ids[0], ...ids])
  // The one that was stopped and the four that worked stand in the same count.
  await expect.poll(() => hooks.report().posts?.runs).toEqual({ ran: 4, failed: 0, stopped: 1 })
})

it('gives it nothing anew that it does not want any more', async () => {
  await hooks.adopt(settings(posts()))
  for (const event of [decision(LTE), decision(LTE)]) hooks.take(event)
  await expect.poll(() => lab.requests.length, { timeout: 10_000 }).toBe(1)
  await hooks.adopt(settings(posts().replace('decision.changed', 'verdict.changed')))
  expect(hooks.report().posts).toMatchObject({ running: false, waiting: 0 })
})

it('keeps the order of hooks for what it gives anew', async () => {
  const route = (seconds: string) => program('route', `echo begun >> ${dir}/ran; sleep ${seconds}`)
  const pbx = (await program('pbx', '')).replace(' }', ', after: route }')
  await hooks.adopt(settings((await route('30')) + pbx))
  hooks.take(decision(LTE))
  // Its file is written anew below: not while it is being started.
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun'])
  await hooks.adopt(settings(((await route('0.3')) + pbx).replace('exec,', 'exec, timeout: 9s,')))
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun', 'begun', 'route', 'pbx'])
})

it('forgets what a hook had to do that is no longer there', async () => {
  await hooks.adopt(settings(posts()))
  for (const event of [decision(LTE), decision(LTE)]) hooks.take(event)
  await expect.poll(() => lab.requests.length, { timeout: 10_000 }).toBe(1)
  lab.behave(() => ({ status: 204 }))
  await hooks.adopt(settings(await program('other', '')))
  // It does not go on with it either.
  expect(logger.messagesOf('hook.stopped')).toHaveLength(1)
  await hooks.adopt(settings(posts()))
  const after = decision(LTE)
  hooks.take(after)
  await expect.poll(() => delivered().at(-1), { timeout: 10_000 }).toBe(after.id)
  expect(lab.requests).toHaveLength(2)
})

/** A program that keeps something as the newest decision says: it takes `seconds`, then writes down who serves. */
async function keeper(seconds: string): Promise<string> {
  const path = join(dir, 'keeper')
  const script = `echo begun >> ${dir}/ran; sleep ${seconds}; echo "$SIPVANE_ACTIVE" >> ${dir}/ran`
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return `  keeper: { type: exec, command: [${path}], takes: newest }\n`
}
const current = (active: Readonly<Record<string, readonly string[]>>) =>
  decision(active) as Parameters<Hooks['release']>[0][number]

it('kills a program that keeps something when a newer decision comes, and does not run it for those in between', async () => {
  await hooks.adopt(settings(await keeper('0.5')))
  hooks.release([])
  hooks.take(decision(DSL))
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun'])
  for (const active of [LTE, DSL, LTE]) hooks.take(decision(active))
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun', 'begun', 'lte'])
  expect(hooks.report().keeper).toMatchObject({ runs: { ran: 1, stopped: 1 }, passedOver: 2 })
})

it('runs it once after the first verdicts, with what is served then: a host that began anew has the route of its files', async () => {
  await hooks.adopt(settings(await keeper('0')))
  hooks.take(decision(DSL))
  hooks.take(decision(LTE))
  expect(hooks.report().keeper).toMatchObject({ running: false, waiting: 0 })
  hooks.release([current(DSL)])
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun', 'lte'])
})

it('goes by what the whole pool says, and by nothing before the first verdicts, whatever changes meanwhile', async () => {
  const keeping = await keeper('0')
  await hooks.adopt(settings(keeping))
  hooks.take(decision(LTE))
  hooks.take(decision(DSL, { whole: false, view: 'less' }))
  await hooks.adopt(settings(keeping.replace('exec,', 'exec, timeout: 9s,')))
  expect(hooks.report().keeper).toMatchObject({ running: false, waiting: 0 })
  hooks.release([])
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun', 'lte'])
})

it('does not stop it because another hook changes', async () => {
  const keeping = await keeper('0.5')
  await hooks.adopt(settings(keeping))
  hooks.release([current(LTE)])
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun'])
  await hooks.adopt(settings(keeping + posts()))
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun', 'lte'])
  expect(hooks.report().keeper).toMatchObject({ runs: { ran: 1, stopped: 0 } })
})

it('gives one that is new what is served now, unless it tells of changes', async () => {
  await hooks.adopt(settings(await program('other', '')))
  hooks.release([current(LTE)])
  await hooks.adopt(settings(posts() + (await keeper('0'))))
  await expect.poll(ran, { timeout: 10_000 }).toEqual(['begun', 'lte'])
  expect(lab.requests).toEqual([])
  expect(hooks.report().posts).toMatchObject({ running: false })
})
