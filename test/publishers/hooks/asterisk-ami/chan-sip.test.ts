/** chan_sip looks its name up lazily: what registers too early keeps the dead link's address at the trunk until it registers again. */
import { afterEach, describe, expect, it } from 'vitest'
import { asteriskAmi } from '../../../../src/publishers/hooks/asterisk-ami.ts'
import type { ChanSipBehaviour } from '../../../support/ami-chan-sip.ts'
import { type AmiServer, createAmiServer } from '../../../support/ami-server.ts'
import { type DriveOptions, decision, driveHook } from '../../../support/hook-driver.ts'

const OLD = '192.0.2.1'
/** What `localhost` leads to. */
const NEW = '127.0.0.1'
const MOVED = decision({ lo: [NEW] })

let asterisk: AmiServer | undefined
afterEach(async () => {
  await asterisk?.close()
  asterisk = undefined
})

/** An Asterisk that looked its name up just before that moved; `refreshMs` later it may again. */
async function set(
  chanSip: Partial<ChanSipBehaviour> = {},
  options: object = { externalName: 'localhost' },
  drive: DriveOptions = {},
  registrations: readonly string[] = ['trunk', 'spare'],
) {
  let address = OLD
  const behaviour = { externhost: 'localhost', address: () => address, refreshMs: 1_000, ...chanSip }
  asterisk = await createAmiServer({ registrations, chanSip: behaviour })
  address = NEW
  const given = {
    port: asterisk.port,
    user: 'sipvane',
    secret: 'not-a-real-secret',
    channel: 'sip',
    settle: '20s',
    ...options,
  }
  const { chanSip: made } = asterisk
  if (made === undefined) throw new Error('no chan_sip')
  return { asterisk, chanSip: made, ...driveHook(asteriskAmi, given, drive) }
}

describe('a failover at chan_sip', () => {
  it('ends with the new address in the last REGISTER of each, though Asterisk had just looked the old one up', async () => {
    const { run, chanSip } = await set()
    const { error, steps } = await run(MOVED)
    expect(error).toBeUndefined()
    expect(chanSip.contacts.slice(-2)).toEqual([NEW, NEW])
    // The first has it look the name up when it may, the second has it register with what it found: the trunk is not flooded.
    expect(chanSip.reloads).toBeLessThanOrEqual(3)
    expect(steps.at(-1)).toBe('renewed 2 registrations, all of them are up')
  })

  it('sends one REGISTER each where Asterisk has the new address already', async () => {
    const { run, chanSip } = await set({ address: () => NEW })
    expect((await run(MOVED)).error).toBeUndefined()
    expect(chanSip.contacts).toEqual([NEW, NEW])
  })

  it('takes one that shows as registered for long after its REGISTER went out, where nothing else says so', async () => {
    const { run, chanSip } = await set({ address: () => NEW, hasty: true }, { settle: '100ms' })
    const startMs = performance.now()
    expect((await run(MOVED)).error).toBeUndefined()
    // A reload begins within a second, and its REGISTERs go out 100 ms apart.
    expect(performance.now() - startMs).toBeGreaterThan(1_200)
    expect(chanSip.reloads).toBe(1)
  })

  it('waits while another reload is under way, which would pass this one over', async () => {
    const { run, chanSip } = await set({ address: () => NEW, busyReloads: 2 })
    expect((await run(MOVED)).error).toBeUndefined()
    expect(chanSip.contacts).toEqual([NEW, NEW])
  })

  it('names the registrations that did not come up in time; that may be tried again', async () => {
    const options = { externalName: 'localhost', settle: '100ms' }
    // Longer than one that shows as registered would have to.
    const drive = { timeoutMs: 2_200 }
    const { run } = await set({ address: () => NEW, registersAfterMs: null }, options, drive)
    expect((await run(MOVED)).error).toMatchObject({
      code: 'hook-unverified',
      retryable: true,
      message: 'not registered again: me@trunk, me@spare',
    })
  })

  it('says what it waits for where Asterisk does not look the name up', async () => {
    const { run } = await set({ refreshMs: 60_000 }, undefined, { timeoutMs: 800 })
    const { error } = await run(MOVED)
    expect(error).toMatchObject({ code: 'hook-timeout', retryable: true })
    expect(error?.message).toContain('once it has looked localhost up')
  })

  it('brings back a registration that had given up', async () => {
    const { run, chanSip } = await set({ address: () => NEW })
    chanSip.setState('trunk', 'Rejected')
    expect((await run(MOVED)).error).toBeUndefined()
    expect(chanSip.entries().join()).not.toMatch(/State: (?!Registered)/)
  })

  it('does nothing where there is no registration: the next call has the name looked up', async () => {
    const { run, chanSip } = await set({}, undefined, {}, [])
    const { error, steps } = await run(MOVED)
    expect([error, steps.at(-1)]).toEqual([undefined, 'there is no outbound registration'])
    expect(chanSip.reloads).toBe(0)
  })

  it('renews without a look at the address where no name is given', async () => {
    const { run, chanSip } = await set({}, {})
    expect((await run(MOVED)).error).toBeUndefined()
    expect(chanSip.contacts).toHaveLength(2)
  })

  it('is refused, and a test of the hook fails, where Asterisk has no externhost to look up', async () => {
    const { run, check } = await set({ externhost: undefined } as never)
    expect((await run(MOVED)).error).toMatchObject({ code: 'hook-refused', retryable: false })
    const findings = (await check()).value?.map(({ result, text }) => `${result} ${text}`)
    expect(findings).toContain('fail chan_sip has no externhost: it takes no new address')
  })

  it.each([
    [{ register: 'none' }, {}, 'chan_sip looks its name up by itself (externrefresh)'],
    [{}, { dryRun: true }, 'would reload chan_sip'],
  ])('changes nothing with %j %j', async (options, drive, last) => {
    const { run, chanSip } = await set({}, { externalName: 'localhost', ...options }, drive)
    const { error, steps } = await run(MOVED)
    expect([error, steps.at(-1)]).toEqual([undefined, last])
    expect(chanSip.reloads).toBe(0)
  })
})

it('a test of the hook says by which name chan_sip goes', async () => {
  const { check, chanSip } = await set()
  expect((await check()).value?.[1]).toEqual({ result: 'pass', text: 'chan_sip goes by localhost' })
  expect(chanSip.reloads).toBe(0)
})
