/** What an event socket may do to a session: break it off, flood it, say things in between. */
import { afterEach, describe, expect, it } from 'vitest'
import { freeswitchEsl } from '../../../../src/publishers/hooks/freeswitch-esl.ts'
import { createEslServer, type EslBehaviour, type EslServer } from '../../../support/esl-server.ts'
import { decision, driveHook, LTE } from '../../../support/hook-driver.ts'

const LONG = 10_000_000

let freeswitch: EslServer | undefined
afterEach(async () => {
  await freeswitch?.close()
  freeswitch = undefined
})

async function set(behaviour: EslBehaviour) {
  freeswitch = await createEslServer({ gateways: { trunk: 'REGED', spare: 'REGED' }, ...behaviour })
  const given = { port: freeswitch.port, password: 'ClueCon', pace: '20ms' }
  return { freeswitch, ...driveHook(freeswitchEsl, given) }
}

describe('an event socket', () => {
  it.each([undefined, 7])(
    'that tells of events between all answers is understood (pieces of %s bytes)',
    async (pieces) => {
      const { run, freeswitch } = await set({
        eventsBetween: 30,
        ...(pieces === undefined ? {} : { pieces }),
      })
      const { error, steps } = await run(decision(LTE))
      expect(error).toBeUndefined()
      expect(steps.at(-1)).toBe('2 gateways of external are registered')
      expect([freeswitch.stateOf('trunk'), freeswitch.stateOf('spare')]).toEqual(['REGED', 'REGED'])
    },
  )

  it('that drops the connection between unregister and register is unreachable; the next attempt registers', async () => {
    const { run, freeswitch } = await set({ breaksAt: 'sofia profile external register spare' })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-unreachable', retryable: true })
    expect(freeswitch.stateOf('spare')).toBe('UNREGED')
    freeswitch.behave({ breaksAt: 'nothing' })
    expect((await run(decision(LTE))).error).toBeUndefined()
    expect([freeswitch.stateOf('trunk'), freeswitch.stateOf('spare')]).toEqual(['REGED', 'REGED'])
    await expect.poll(() => freeswitch.open).toBe(0)
  })

  it.each([
    ['without an end of line', 'x'.repeat(LONG)],
    ['of headers', `Content-Type: auth/request\n${'X-More: y\n'.repeat(LONG / 10)}`],
    ['of body', `Content-Type: auth/request\nContent-Length: ${LONG}\n\n${'x'.repeat(LONG)}`],
    ['of no length', 'Content-Type: auth/request\nContent-Length: -1\n\n'],
  ])('that greets with 10 MB %s is none, and nothing of it is in the log', async (_, greeting) => {
    const { run, freeswitch } = await set({ greeting })
    const { error } = await run(decision(LTE))
    expect(error).toMatchObject({ code: 'hook-protocol', retryable: false })
    expect(error?.message).not.toContain('xxxx')
    await expect.poll(() => freeswitch.open).toBe(0)
  })
})
