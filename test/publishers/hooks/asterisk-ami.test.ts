import { afterEach, describe, expect, it } from 'vitest'
import { asteriskAmi } from '../../../src/publishers/hooks/asterisk-ami.ts'
import { type AmiBehaviour, type AmiServer, createAmiServer } from '../../support/ami-server.ts'
import { type DriveOptions, DSL, decision, driveHook, LTE } from '../../support/hook-driver.ts'
import { realTime } from '../../support/sip-real-time.ts'

const SECRET = 'not-a-real-secret'

let asterisk: AmiServer | undefined
afterEach(async () => {
  await asterisk?.close()
  asterisk = undefined
})

async function set(behaviour: AmiBehaviour, options: object = {}, drive: DriveOptions = {}) {
  asterisk = await createAmiServer(behaviour)
  const given = { port: asterisk.port, user: 'sipvane', secret: SECRET, settle: '300ms', ...options }
  return { asterisk, ...driveHook(asteriskAmi, given, drive) }
}

describe('a failover at Asterisk', () => {
  it('renews every registration, one by one, and waits until each is up', async () => {
    const { run, asterisk } = await set({ registrations: ['trunk', 'spare'] })
    const { error, steps } = await run(decision(LTE))
    expect(error).toBeUndefined()
    expect(asterisk.actions.filter((action) => action.startsWith('PJSIPRegister'))).toEqual([
      'PJSIPRegister trunk',
      'PJSIPRegister spare',
    ])
    expect([asterisk.statusOf('trunk'), asterisk.statusOf('spare')]).toEqual(['Registered', 'Registered'])
    expect(steps.at(-1)).toBe('renewed 2 registrations, all of them are up')
  })

  it.each([1, 2, 7, 64])(
    'understands answers that come %i bytes at a time, in both forms of a command',
    async (pieces) => {
      for (const oldCommands of [false, true]) {
        const { run } = await set(
          { registrations: ['trunk'], pieces, oldCommands },
          { externalName: 'localhost' },
        )
        const { error } = await run(decision({ lte: ['127.0.0.1'] }))
        expect(error).toBeUndefined()
        await asterisk?.close()
      }
    },
  )

  it('brings back a registration that had given up for good', async () => {
    const { run, asterisk } = await set({ registrations: ['trunk'] })
    asterisk.setStatus('trunk', 'Rejected')
    expect((await run(decision(LTE))).error).toBeUndefined()
    expect(asterisk.statusOf('trunk')).toBe('Registered')
  })

  it('keeps a pause between two registrations', async () => {
    const { run, asterisk } = await set({ registrations: ['a', 'b', 'c'] }, { pace: '150ms' })
    expect((await run(decision(LTE))).error).toBeUndefined()
    const at = ['a', 'b', 'c'].map((name) => asterisk.orderedMs.get(name) ?? 0)
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(140)
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThan(140)
  })

  it('renews only the chosen ones, and says which of them Asterisk does not have', async () => {
    const { run, asterisk } = await set({ registrations: ['a', 'b'] }, { register: ['b'] })
    expect((await run(decision(LTE))).error).toBeUndefined()
    expect(asterisk.actions).toContain('PJSIPRegister b')
    expect(asterisk.actions).not.toContain('PJSIPRegister a')
    const missing = await set({ registrations: ['a'] }, { register: ['b'] })
    const { error } = await missing.run(decision(LTE))
    expect(error).toMatchObject({ code: 'hook-refused', message: 'Asterisk has no outbound registration b' })
  })

  it('takes a registration that shows as registered for long enough where no event says so', async () => {
    const { run } = await set({ registrations: ['trunk'], registryEvents: false, registersAfterMs: 0 })
    const startMs = realTime.nowMs()
    expect((await run(decision(LTE))).error).toBeUndefined()
    expect(realTime.nowMs() - startMs).toBeGreaterThan(200)
  })

  it('takes one that was seen to leave and come back, though no event says so', async () => {
    const behaviour = { registrations: ['trunk'], registryEvents: false, registersAfterMs: 500 }
    const { run } = await set(behaviour, { settle: '60s' })
    expect((await run(decision(LTE))).error).toBeUndefined()
  })

  it('renews nothing where it is told so', async () => {
    const { run, asterisk } = await set(
      { registrations: ['trunk'] },
      { register: 'none', externalName: 'localhost' },
    )
    expect((await run(decision({ lo: ['127.0.0.1'] }))).error).toBeUndefined()
    expect(asterisk.actions).toEqual(['Command dnsmgr status', 'Command dnsmgr refresh ^localhost\\.?$'])
  })

  it('names the registrations that did not come up in time; that may be tried again', async () => {
    const { run } = await set({ registrations: ['trunk'], registersAfterMs: null }, {}, { timeoutMs: 1_200 })
    const { error } = await run(decision(LTE))
    expect(error).toMatchObject({
      code: 'hook-unverified',
      retryable: true,
      message: 'not registered again: trunk',
    })
  })

  it('does not take an acknowledged failure for a success', async () => {
    const { run } = await set({
      registrations: ['trunk'],
      failing: { PJSIPRegister: 'Failed to queue registration' },
    })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-failed', retryable: true })
  })

  it('leaves Asterisk alone while nobody is better than who has it', async () => {
    const { run, asterisk } = await set({ registrations: ['trunk'] })
    for (const mode of ['frozen', 'last-resort'] as const) {
      const { error, steps } = await run(decision({ ...DSL, ...LTE }, { mode }))
      expect([error, steps.length]).toEqual([undefined, 1])
    }
    expect(asterisk.received).toBe('')
  })

  it('in a dry run looks and changes nothing', async () => {
    const { run, asterisk } = await set(
      { registrations: ['trunk'] },
      { externalName: 'localhost' },
      { dryRun: true },
    )
    const { error, steps } = await run(decision(LTE))
    expect(error).toBeUndefined()
    expect(steps.slice(1)).toEqual(['would refresh localhost', 'would renew 1 registrations'])
    expect(asterisk.actions).toEqual(['Command dnsmgr status', 'PJSIPShowRegistrationsOutbound'])
  })
})

describe('the name in external_signaling_address', () => {
  it('is refreshed once it leads to the new address alone, before the registrations', async () => {
    const { run, asterisk } = await set({ registrations: ['trunk'] }, { externalName: 'localhost' })
    expect((await run(decision({ lo: ['127.0.0.1'] }))).error).toBeUndefined()
    const order = asterisk.actions.filter((action) => !action.startsWith('PJSIPShow'))
    expect(order).toEqual([
      'Command dnsmgr status',
      'Command dnsmgr refresh ^localhost\\.?$',
      'PJSIPRegister trunk',
    ])
  })

  it('is waited for: with the old address in it Asterisk would keep the old one', async () => {
    const { run, asterisk } = await set({}, { externalName: 'localhost' }, { timeoutMs: 500 })
    const { error } = await run(decision(LTE))
    expect(error).toMatchObject({ code: 'hook-timeout', retryable: true })
    expect(error?.message).toContain('waiting for localhost to be 198.51.100.1 alone')
    expect(asterisk.received).toBe('')
  })

  it('cannot be refreshed where dnsmgr is off, as it is by default', async () => {
    const { run, asterisk } = await set({ dnsmgr: 'disabled' }, { externalName: 'localhost' })
    const { error } = await run(decision({ lo: ['127.0.0.1'] }))
    expect(error).toMatchObject({ code: 'hook-refused', retryable: false })
    expect(error?.message).toContain('enable=yes')
    expect(asterisk.actions).toEqual(['Command dnsmgr status'])
  })
})

describe('the manager session', () => {
  it('never sends the secret with MD5, and shows it nowhere', async () => {
    const { run, asterisk } = await set({ registrations: ['trunk'], secret: 'another' })
    const { error, steps } = await run(decision(LTE))
    expect(error).toMatchObject({ code: 'hook-credentials', retryable: false })
    expect(asterisk.received).toContain('Action: Challenge')
    expect(`${asterisk.received}${error?.message}${steps.join()}`).not.toContain(SECRET)
  })

  it('is closed when the hook is done, whatever came of it', async () => {
    const { run, asterisk } = await set({ registrations: ['trunk'], failing: { PJSIPRegister: 'no' } })
    await run(decision(LTE))
    await expect.poll(() => asterisk.open).toBe(0)
  })

  it('with something that is no manager ends at once', async () => {
    const { run } = await set({ banner: 'SSH-2.0-OpenSSH_9.2\r\n' })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-protocol' })
  })

  it('that hangs is broken off at the deadline, and leaves no connection', async () => {
    const { run, asterisk } = await set(
      { registrations: ['trunk'], silent: ['PJSIPShowRegistrationsOutbound'] },
      {},
      { timeoutMs: 400 },
    )
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-timeout' })
    await expect.poll(() => asterisk.open).toBe(0)
  })

  it.each([
    [{}, 5038],
    [{ tls: true }, 5039],
  ])('is on its usual port where none is given: %j', async (options, port) => {
    const given = { host: '127.0.0.77', user: 'sipvane', secret: SECRET, ...options }
    const { error } = await driveHook(asteriskAmi, given).run(decision(LTE))
    expect(error?.message).toContain(`127.0.0.77 port ${port}`)
  })

  it('that nobody answers is unreachable, and may be tried again', async () => {
    const { run, asterisk } = await set({})
    await asterisk.close()
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-unreachable', retryable: true })
  })
})

describe('a test of the hook', () => {
  it('finds all well, and changes nothing', async () => {
    const { check, asterisk } = await set(
      { registrations: ['trunk'] },
      { externalName: 'localhost' },
      { targets: [{ id: 'office/lo', addresses: ['127.0.0.1'] } as never] },
    )
    const { value } = await check()
    expect(value?.map(({ result, text }) => `${result} ${text}`)).toEqual([
      'pass logged in to Asterisk Call Manager/5.0.1',
      'pass dnsmgr is on',
      'pass registration trunk is Registered',
      'pass localhost is 127.0.0.1 alone, that is office/lo',
    ])
    expect(asterisk.actions).toEqual(['Command dnsmgr status', 'PJSIPShowRegistrationsOutbound'])
  })

  it('finds dnsmgr off, a registration down, and a name that leads elsewhere', async () => {
    const { check, asterisk } = await set(
      { registrations: ['trunk'], dnsmgr: 'disabled' },
      { externalName: 'localhost' },
    )
    asterisk.setStatus('trunk', 'Rejected')
    const { value } = await check()
    expect(value?.slice(1).map(({ result }) => result)).toEqual(['fail', 'warn', 'fail'])
  })
})
