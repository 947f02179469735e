/** What a manager may do to a session: break it off, flood it, never end a line. */
import { afterEach, describe, expect, it } from 'vitest'
import { asteriskAmi } from '../../../../src/publishers/hooks/asterisk-ami.ts'
import { type AmiBehaviour, type AmiServer, createAmiServer } from '../../../support/ami-server.ts'
import { type DriveOptions, decision, driveHook, LTE } from '../../../support/hook-driver.ts'
import { realTime } from '../../../support/sip-real-time.ts'
import { type CertificateName, certificate, issuer } from '../../../support/tls-fixtures.ts'

const LONG = 10_000_000

let asterisk: AmiServer | undefined
afterEach(async () => {
  await asterisk?.close()
  asterisk = undefined
})

async function set(behaviour: AmiBehaviour, drive: DriveOptions = {}) {
  asterisk = await createAmiServer({ registrations: ['a', 'b', 'c'], ...behaviour })
  const given = {
    port: asterisk.port,
    user: 'sipvane',
    secret: 'not-a-real-secret',
    settle: '300ms',
    pace: '20ms',
  }
  return { asterisk, ...driveHook(asteriskAmi, given, drive) }
}

const orders = ({ actions }: AmiServer) => actions.filter((action) => action.startsWith('PJSIPRegister'))

describe('a manager that drops the connection', () => {
  it('in the middle of the registrations is unreachable; the next attempt renews all of them', async () => {
    const { run, asterisk } = await set({ breaksAt: { action: 'PJSIPRegister', count: 2 } })
    const { error } = await run(decision(LTE))
    expect(error).toMatchObject({ code: 'hook-unreachable', retryable: true })
    expect(orders(asterisk)).toEqual(['PJSIPRegister a', 'PJSIPRegister b'])
    asterisk.behave({ breaksAt: { action: 'none', count: 1 } })
    const again = await run(decision(LTE))
    expect(again.error).toBeUndefined()
    expect(orders(asterisk).slice(2)).toEqual(['PJSIPRegister a', 'PJSIPRegister b', 'PJSIPRegister c'])
    expect(['a', 'b', 'c'].map((name) => asterisk.statusOf(name))).toEqual(Array(3).fill('Registered'))
    await expect.poll(() => asterisk.open).toBe(0)
  })

  it.each(['Challenge', 'Login', 'PJSIPShowRegistrationsOutbound'])(
    'at %s is unreachable at once',
    async (action) => {
      const { run } = await set({ breaksAt: { action, count: 1 } })
      const startMs = realTime.nowMs()
      expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-unreachable', retryable: true })
      expect(realTime.nowMs() - startMs).toBeLessThan(5_000)
    },
  )
})

describe('a manager that sends more than a message may have', () => {
  it.each<[string, AmiBehaviour]>([
    ['as its banner', { banner: 'x'.repeat(LONG) }],
    ['as an answer to the log-in', { says: { Login: 'x'.repeat(LONG) } }],
    [
      'as a list without an end of line',
      { says: { PJSIPShowRegistrationsOutbound: `Response: ${'x'.repeat(LONG)}` } },
    ],
    [
      'as the output of an old command',
      { says: { Challenge: `Response: Follows\r\n${'x\n\n'.repeat(LONG / 3)}` } },
    ],
  ])('10 MB %s: the session ends, and nothing of it is in the log', async (_, behaviour) => {
    const { run, asterisk } = await set(behaviour)
    const { error, steps } = await run(decision(LTE))
    expect(error).toMatchObject({ code: 'hook-protocol', retryable: false })
    expect(`${error?.message} ${steps.join()}`).not.toContain('xxxx')
    await expect.poll(() => asterisk.open).toBe(0)
  })

  it('events without number do no harm: they are read and forgotten', async () => {
    const event = 'Event: RTCPSent\r\nPrivilege: reporting,all\r\nTo: 192.0.2.1:4000\r\n\r\n'
    const { run } = await set({ banner: `Asterisk Call Manager/5.0.1\r\n${event.repeat(50_000)}` })
    expect((await run(decision(LTE))).error).toBeUndefined()
  })
})

describe('a manager over TLS', () => {
  const SECRET = 'not-a-real-secret'
  const over = async (name: CertificateName, options: object = {}) => {
    asterisk = await createAmiServer({ registrations: ['trunk'], tls: certificate(name) })
    const place = { host: '127.0.0.1', port: asterisk.port, tls: true, ca: issuer() }
    const given = { ...place, user: 'sipvane', secret: SECRET, settle: '300ms', ...options }
    return { asterisk, ...driveHook(asteriskAmi, given) }
  }

  it.each(['md5', 'plain'] as const)('is logged in to by %s, and does what it is told', async (auth) => {
    const { run, asterisk } = await over('server', { auth })
    expect((await run(decision(LTE))).error).toBeUndefined()
    expect(orders(asterisk)).toEqual(['PJSIPRegister trunk'])
    expect(asterisk.received.includes(SECRET)).toBe(auth === 'plain')
  })

  it.each(['wrong-name', 'expired', 'self-signed'] as const)(
    'with a certificate that is %s hears nothing of us',
    async (name) => {
      const { run, asterisk } = await over(name, { auth: 'plain' })
      const { error } = await run(decision(LTE))
      expect(error).toMatchObject({ code: 'hook-refused', retryable: false })
      expect(error?.message).not.toContain(SECRET)
      expect(asterisk.received).toBe('')
    },
  )

  it('whose issuer nobody trusts hears nothing of us either', async () => {
    const { run, asterisk } = await over('server', { auth: 'plain', ca: undefined })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-refused', retryable: false })
    expect(asterisk.received).toBe('')
  })

  it('that speaks none is no manager over TLS', async () => {
    asterisk = await createAmiServer({ registrations: ['trunk'] })
    const given = {
      port: asterisk.port,
      tls: true,
      ca: issuer(),
      user: 'sipvane',
      secret: SECRET,
      auth: 'plain',
    }
    const { error } = await driveHook(asteriskAmi, given, { timeoutMs: 3_000 }).run(decision(LTE))
    expect(error?.code).toMatch(/^hook-(?:unreachable|timeout)$/)
    expect(asterisk.received).not.toContain(SECRET)
  })
})
