import { afterEach, describe, expect, test } from 'vitest'
import type { ProbeDefinition } from '../../../src/probes/definition.ts'
import { sipInvite } from '../../../src/probes/sip-invite.ts'
import { ACCOUNT, CallRig } from '../../support/call-rig.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { PROBE_PASSWORD, PROBE_USER } from '../../support/sip-digest.ts'

const rig = new CallRig(sipInvite as ProbeDefinition)
afterEach(() => rig.close())

describe('the account of a call', () => {
  test('goes to no other server with the nonce of the first', async () => {
    const lab = await rig.extension({ digest: {} }, ACCOUNT)
    await lab.asked()
    const other = { ...lab.target, id: 'edge/other' as typeof lab.target.id }
    const asking = lab.prober.ask(other, lab.server.address, { timeoutMs: 1000 })
    await lab.play(100)
    expect(await asking).toMatchObject({ result: 'pass' })
    const invites = lab.server.requests.filter(({ method }) => method === 'INVITE')
    expect(invites.map((one) => one.header('authorization') !== undefined)).toEqual([
      false,
      true,
      false,
      true,
    ])
  })

  test('costs the pace of the target an INVITE and an ACK more', async () => {
    expect((await rig.extension({ digest: {} }, ACCOUNT)).prober.requests).toBe(5)
    expect((await rig.extension()).prober.requests).toBe(3)
  })

  test.each([
    ['answered', {}],
    ['busy', { reject: 486 }],
  ])('that worked in between (%s) is told of anew when it is refused again', async (_what, how) => {
    const logger = recordingLogger()
    const users: Record<string, string> = { [PROBE_USER]: 'other' }
    const lab = await rig.extension({ digest: { users }, ...how }, ACCOUNT, { deps: { logger } })
    expect(await lab.asked()).toMatchObject({ reason: 'credentials-refused' })
    users[PROBE_USER] = PROBE_PASSWORD
    await lab.time.advance(15 * 60_000)
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    users[PROBE_USER] = 'other'
    expect(await lab.asked()).toMatchObject({ reason: 'credentials-refused' })
    expect(logger.messagesOf('probe.credentials-refused')).toHaveLength(2)
  })
})
