import { afterEach, describe, expect, it } from 'vitest'
import { email } from '../../../src/publishers/hooks/email.ts'
import { type DriveOptions, decision, driveHook, eventOf, LTE } from '../../support/hook-driver.ts'
import { createSmtpSink, type SinkBehaviour, type SmtpSink } from '../../support/smtp-sink.ts'
import { certificate, issuer } from '../../support/tls-fixtures.ts'

const PASSWORD = 'not-a-real-password'

let sink: SmtpSink | undefined
afterEach(async () => {
  await sink?.close()
  sink = undefined
})

async function set(behaviour: SinkBehaviour = {}, options: object = {}, drive: DriveOptions = {}) {
  sink = await createSmtpSink(behaviour)
  const given = {
    server: '127.0.0.1',
    port: sink.port,
    security: 'none',
    from: 'sipvane@example.com',
    to: ['noc@example.com', 'boss@example.com'],
    ...options,
  }
  return { sink, ...driveHook(email, given, drive) }
}

describe('a letter', () => {
  it('says what happened, in plain text, with an id that a second try shares', async () => {
    const { run, sink } = await set()
    const event = decision(LTE)
    expect((await run(event)).error).toBeUndefined()
    await run(event)
    const [first = '', second = ''] = sink.letters
    expect(first).toMatch(/^Subject: \[sipvane\] WARNING: office serves lte, mode failover$/m)
    expect(first).toMatch(/^To: noc@example\.com, boss@example\.com$/m)
    expect(first).toContain('- dsl is down')
    expect(/^Message-ID: (.*)$/im.exec(first)?.[1]).toBe(/^Message-ID: (.*)$/im.exec(second)?.[1])
    expect(sink.commands.filter((line) => line.startsWith('RCPT'))).toHaveLength(4)
  })

  it('cannot be given headers by what others wrote', async () => {
    const { run, sink } = await set()
    const hostile = 'office/x\r\nBcc: thief@example.net\r\n\r\nhello' as never
    const facts = { pool: 'office', from: 'up', to: 'down', real: 'down', why: ['x\r\n.\r\nQUIT'] } as const
    expect((await run(eventOf({ type: 'verdict.changed', target: hostile, ...facts }))).error).toBeUndefined()
    const head = sink.letters[0]?.split('\n\n')[0] ?? ''
    expect(head).not.toMatch(/^Bcc:/im)
    expect(sink.letters).toHaveLength(1)
  })

  it.each([
    ['server', 1],
    ['wrong-name', 0],
    ['self-signed', 0],
  ] as const)(
    'goes through STARTTLS with a log-in only to whom the certificate %s proves',
    async (name, letters) => {
      const login = { user: 'u', password: PASSWORD }
      const { run, sink } = await set(
        { tls: certificate(name), ...login },
        { security: 'starttls', ca: issuer(), ...login },
      )
      const { error } = await run(decision(LTE))
      expect(sink.letters).toHaveLength(letters)
      expect(sink.commands.some((line) => line.startsWith('AUTH'))).toBe(letters === 1)
      expect(error?.message ?? '').not.toContain(PASSWORD)
    },
  )

  it.each([
    ['is not offered', {}, { code: 'hook-refused', retryable: false }],
    [
      'is refused for now',
      { replies: { STAR: '454 4.7.0 TLS not available' } },
      { code: 'hook-failed', retryable: true },
    ],
    ['is refused', { replies: { STAR: '502 5.5.1 no' } }, { code: 'hook-refused', retryable: false }],
  ])(
    'never goes, nor does the password, where STARTTLS was asked for and %s',
    async (_, behaviour, expected) => {
      const login = { user: 'u', password: PASSWORD }
      const offered = 'replies' in behaviour ? { tls: certificate('server') } : {}
      const { run, sink } = await set(
        { ...login, ...offered, ...behaviour },
        { security: 'starttls', ca: issuer(), ...login },
      )
      const { error } = await run(decision(LTE))
      expect(error).toMatchObject(expected)
      expect(error?.message).not.toContain(PASSWORD)
      expect(sink.commands.join()).not.toMatch(/AUTH|MAIL/)
      expect(sink.letters).toEqual([])
      await expect.poll(() => sink.open).toBe(0)
    },
  )

  it.each([
    [{ replies: { MAIL: '451 4.3.0 later' } }, { code: 'hook-failed', retryable: true }],
    [{ replies: { MAIL: '550 5.7.1 no' } }, { code: 'hook-refused', retryable: false }],
    [{ replies: { RCPT: '550 5.1.1 unknown' } }, { code: 'hook-refused' }],
    [{ replies: { END: '452 4.2.2 full' } }, { code: 'hook-failed', retryable: true }],
  ])('refused by %j', async (behaviour, expected) => {
    expect((await (await set(behaviour)).run(decision(LTE))).error).toMatchObject(expected)
  })

  it('to a server that is silent ends at the deadline', async () => {
    const { run } = await set({ silent: true }, {}, { timeoutMs: 400 })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-timeout' })
  })

  it('to nobody at home is unreachable', async () => {
    const { run, sink } = await set()
    await sink.close()
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-unreachable', retryable: true })
  })

  it('is not sent in a dry run', async () => {
    const { run, sink } = await set({}, {}, { dryRun: true })
    expect((await run(decision(LTE))).steps[0]).toContain('would send')
    expect(sink.commands).toEqual([])
  })
})
