import { afterEach, describe, expect, it } from 'vitest'
import { freeswitchEsl } from '../../../src/publishers/hooks/freeswitch-esl.ts'
import { createEslServer, type EslBehaviour, type EslServer } from '../../support/esl-server.ts'
import { type DriveOptions, DSL, decision, driveHook, LTE } from '../../support/hook-driver.ts'

let freeswitch: EslServer | undefined
afterEach(async () => {
  await freeswitch?.close()
  freeswitch = undefined
})

async function set(behaviour: EslBehaviour, options: object = {}, drive: DriveOptions = {}) {
  freeswitch = await createEslServer(behaviour)
  const given = { port: freeswitch.port, password: 'ClueCon', ...options }
  return { freeswitch, ...driveHook(freeswitchEsl, given, drive) }
}

const changes = ({ commands }: EslServer) =>
  commands.filter((command) => /rescan|restart|register/.test(command))

describe('a failover at FreeSWITCH', () => {
  it('rescans the profile, then registers each gateway anew, those that had failed too', async () => {
    const { run, freeswitch } = await set({ gateways: { trunk: 'REGED', spare: 'FAIL_WAIT', peer: 'NOREG' } })
    const { error, steps } = await run(decision(LTE))
    expect(error).toBeUndefined()
    expect(changes(freeswitch)).toEqual([
      'sofia profile external rescan',
      'sofia profile external unregister trunk',
      'sofia profile external register trunk',
      'sofia profile external unregister spare',
      'sofia profile external register spare',
    ])
    expect([freeswitch.stateOf('trunk'), freeswitch.stateOf('spare')]).toEqual(['REGED', 'REGED'])
    expect(steps.at(-1)).toBe('2 gateways of external are registered')
  })

  it('never restarts a profile unless it was told to', async () => {
    const { run, freeswitch } = await set({ gateways: {} })
    await run(decision(LTE))
    expect(freeswitch.commands.join()).not.toContain('restart')
    const told = await set({ gateways: {} }, { action: 'restart' })
    await told.run(decision(LTE))
    expect(told.freeswitch.commands).toContain('sofia profile external restart')
  })

  it.each([1, 3, 50])('understands answers that come %i bytes at a time', async (pieces) => {
    const { run } = await set({ gateways: { trunk: 'REGED' }, pieces })
    expect((await run(decision(LTE))).error).toBeUndefined()
  })

  it('registers only the chosen gateways', async () => {
    const { run, freeswitch } = await set(
      { gateways: { a: 'REGED', b: 'REGED' } },
      { gateways: ['b'], action: 'none' },
    )
    expect((await run(decision(LTE))).error).toBeUndefined()
    expect(changes(freeswitch)).toEqual([
      'sofia profile external unregister b',
      'sofia profile external register b',
    ])
    expect(freeswitch.commands.filter((command) => /profile external none/.test(command))).toEqual([])
  })

  it('keeps a pause between two gateways, for the sake of the trunk', async () => {
    const gateways = { a: 'REGED', b: 'REGED', c: 'REGED' }
    const { run } = await set({ gateways }, { pace: '600ms' })
    const startMs = performance.now()
    expect((await run(decision(LTE))).error).toBeUndefined()
    expect(performance.now() - startMs).toBeGreaterThan(1_150)
  })

  it('says that a profile is not there, also where no gateway is asked about', async () => {
    const { run } = await set({}, { profiles: ['internal'], gateways: 'none' })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-refused', retryable: false })
  })

  it('registers those that are there, and says which of the chosen no profile has', async () => {
    const { run, check, freeswitch } = await set({ gateways: { a: 'REGED' } }, { gateways: ['a', 'typo'] })
    expect((await run(decision(LTE))).error).toMatchObject({
      code: 'hook-refused',
      message: 'FreeSWITCH has no gateway typo in external',
    })
    expect(changes(freeswitch)).toContain('sofia profile external register a')
    expect((await check()).value?.at(-1)).toEqual({
      result: 'fail',
      text: 'FreeSWITCH has no gateway typo in external',
    })
  })

  it('takes no answer about a profile that is not there for names of gateways', async () => {
    const { run } = await set({ gateways: { a: 'REGED' } }, { profiles: ['internal'], action: 'none' })
    expect((await run(decision(LTE))).error).toMatchObject({
      code: 'hook-refused',
      message: 'FreeSWITCH has no profile internal',
    })
  })

  it('names the gateways that did not come up in time', async () => {
    const { run } = await set(
      { gateways: { trunk: 'REGED' }, registersAfterMs: null },
      {},
      { timeoutMs: 800 },
    )
    expect((await run(decision(LTE))).error).toMatchObject({
      code: 'hook-unverified',
      retryable: true,
      message: 'not registered again: trunk',
    })
  })

  it('in a dry run changes nothing', async () => {
    const { run, freeswitch } = await set({ gateways: { trunk: 'REGED' } }, {}, { dryRun: true })
    const { error, steps } = await run(decision(LTE))
    expect(error).toBeUndefined()
    expect(steps).toEqual(['would rescan profile external', 'would register 1 gateways of external anew'])
    expect(changes(freeswitch)).toEqual([])
  })

  it('leaves it alone while nobody is better than who has it', async () => {
    const { run, freeswitch } = await set({})
    expect((await run(decision({ ...DSL, ...LTE }, { mode: 'last-resort' }))).error).toBeUndefined()
    expect(freeswitch.commands).toEqual([])
  })
})

describe('the name in ext-sip-ip', () => {
  it('is waited for: a profile that is read with the old address in it keeps that one', async () => {
    const { run, freeswitch } = await set({ gateways: {} }, { externalName: 'localhost' }, { timeoutMs: 500 })
    const { error } = await run(decision(LTE))
    expect(error).toMatchObject({ code: 'hook-timeout', retryable: true })
    expect(error?.message).toContain('waiting for localhost to be 198.51.100.1 alone')
    expect(freeswitch.commands).toEqual([])
  })

  it('leads to the new address, so the profile is read; a test says whose it is', async () => {
    const targets = [{ id: 'office/lo', addresses: ['127.0.0.1'] } as never]
    const { run, check, freeswitch } = await set({ gateways: {} }, { externalName: 'localhost' }, { targets })
    expect((await run(decision({ lo: ['127.0.0.1'] }))).error).toBeUndefined()
    expect(changes(freeswitch)).toEqual(['sofia profile external rescan'])
    expect((await check()).value?.at(-1)).toEqual({
      result: 'pass',
      text: 'localhost is 127.0.0.1 alone, that is office/lo',
    })
  })

  it('is what a resolver is for', () => {
    const given = { password: 'ClueCon', resolver: '127.0.0.1:53' }
    expect(freeswitchEsl.options.safeParse(given).success).toBe(false)
    expect(freeswitchEsl.options.safeParse({ ...given, externalName: 'pbx.example.com' }).success).toBe(true)
  })
})

describe('the event socket', () => {
  it.each([
    ['a wrong password', {}, { password: 'no' }, 'hook-credentials'],
    ['an address that it does not let in', { rude: true }, {}, 'hook-credentials'],
    ['an unknown profile', {}, { profiles: ['internal'] }, 'hook-refused'],
    ['a command that it refuses', { failing: ['sofia profile external rescan'] }, {}, 'hook-refused'],
  ] as const)('with %s', async (_, behaviour, options, code) => {
    const { run, freeswitch } = await set(behaviour, options)
    expect((await run(decision(LTE))).error).toMatchObject({ code, retryable: false })
    await expect.poll(() => freeswitch.open).toBe(0)
  })

  it.each([
    ['a@b', undefined],
    ['c@b', 'hook-credentials'],
  ])('lets a user of the directory in by name and password: %s', async (user, code) => {
    const password = 'of-the-user'
    const { run } = await set({ gateways: {}, password }, { user, password })
    const { error } = await run(decision(LTE))
    expect(error?.code).toBe(code)
    expect(error?.message ?? '').not.toContain(password)
  })

  it('that hangs is broken off at the deadline', async () => {
    const { run, freeswitch } = await set(
      { silent: ['sofia profile external rescan'] },
      {},
      { timeoutMs: 300 },
    )
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-timeout' })
    await expect.poll(() => freeswitch.open).toBe(0)
  })
})

describe('a test of the hook', () => {
  it('says how profiles and gateways are, and that a restart would hang up', async () => {
    const { check, freeswitch } = await set(
      { gateways: { trunk: 'REGED', spare: 'FAIL_WAIT' } },
      { action: 'restart', profiles: ['external', 'internal'] },
    )
    const { value } = await check()
    expect(value?.map(({ result, text }) => `${result} ${text}`)).toEqual([
      'pass logged in',
      'pass profile external is there',
      'pass gateway trunk is REGED',
      'warn gateway spare is FAIL_WAIT',
      'fail there is no profile internal',
      'warn action restart hangs up every call of the profiles',
    ])
    expect(changes(freeswitch)).toEqual([])
  })
})
