/**
 * A failover that is taken back while a PBX is still at the first one: the second run finds what the first left half done, and ends with
 * all of it up.
 */
import { afterEach, expect, it } from 'vitest'
import { Hooks } from '../../src/app/hooks.ts'
import { type AmiServer, createAmiServer } from '../support/ami-server.ts'
import { createEslServer, type EslServer } from '../support/esl-server.ts'
import { DSL, decision, LTE } from '../support/hook-driver.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { settingsOf } from '../support/settings.ts'
import { realTime } from '../support/sip-real-time.ts'

const PATIENCE = { timeout: 10_000 }

let asterisk: AmiServer | undefined
let freeswitch: EslServer | undefined
let hooks: Hooks | undefined
afterEach(async () => {
  await hooks?.close()
  await asterisk?.close()
  await freeswitch?.close()
  hooks = asterisk = freeswitch = undefined
})

async function start(hook: string) {
  const logger = recordingLogger()
  const random = { next: () => 0 }
  hooks = new Hooks({ clock: realTime, timers: realTime, random, logger, tell: () => {} })
  await hooks.adopt(
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
      lte: { address: 198.51.100.1, priority: 20 }
hooks:
  pbx: ${hook}
`),
  )
  return { hooks, logger }
}

it('at Asterisk: in the middle of the registrations', async () => {
  const pbx = await createAmiServer({ registrations: ['a', 'b', 'c'] })
  asterisk = pbx
  const { hooks, logger } = await start(
    `{ type: asterisk-ami, pool: office, port: ${pbx.port}, user: sipvane, secret: not-a-real-secret, pace: 300ms, settle: 300ms }`,
  )
  const orders = () => pbx.actions.filter((action) => action.startsWith('PJSIPRegister '))
  hooks.take(decision(LTE))
  await expect.poll(orders, PATIENCE).toEqual(['PJSIPRegister a'])
  hooks.take(decision(DSL, { mode: 'normal' }))
  await expect.poll(() => logger.messagesOf('hook.ran').length, PATIENCE).toBe(1)
  expect(logger.messagesOf('hook.stopped')).toHaveLength(1)
  expect(orders()).toEqual(['a', 'a', 'b', 'c'].map((name) => `PJSIPRegister ${name}`))
  expect(['a', 'b', 'c'].map((name) => pbx.statusOf(name))).toEqual(Array(3).fill('Registered'))
  await expect.poll(() => pbx.open, PATIENCE).toBe(0)
})

it('at FreeSWITCH: between unregister and register', async () => {
  const pbx = await createEslServer({
    gateways: { a: 'REGED', b: 'REGED' },
    silent: ['sofia profile external register b'],
  })
  freeswitch = pbx
  const { hooks, logger } = await start(
    `{ type: freeswitch-esl, pool: office, port: ${pbx.port}, password: ClueCon, pace: 50ms }`,
  )
  hooks.take(decision(LTE))
  await expect.poll(() => pbx.commands.at(-1), PATIENCE).toBe('sofia profile external register b')
  expect(pbx.stateOf('b')).toBe('UNREGED')
  pbx.behave({ silent: [] })
  hooks.take(decision(DSL, { mode: 'normal' }))
  await expect.poll(() => logger.messagesOf('hook.ran').length, PATIENCE).toBe(1)
  expect(logger.messagesOf('hook.stopped')).toHaveLength(1)
  expect([pbx.stateOf('a'), pbx.stateOf('b')]).toEqual(['REGED', 'REGED'])
  await expect.poll(() => pbx.open, PATIENCE).toBe(0)
})
