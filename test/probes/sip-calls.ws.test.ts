import { afterEach, describe, expect, test } from 'vitest'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { rtpEcho } from '../../src/probes/rtp-echo.ts'
import { sipInvite } from '../../src/probes/sip-invite.ts'
import { sipRegister } from '../../src/probes/sip-register.ts'
import { ACCOUNT, CallRig, WHOM } from '../support/call-rig.ts'
import { PROBE_PASSWORD, PROBE_USER } from '../support/sip-digest.ts'
import { Registrar } from '../support/sip-registrar.ts'

let rig: CallRig
afterEach(() => rig.close())

const OVER = ['ws', 'wss'] as const

describe('a call over a WebSocket (RFC 7118)', () => {
  test.each(OVER)(
    '(%s) is made and ended over the one connection, by a host that nobody has',
    async (transport) => {
      rig = new CallRig(sipInvite as ProbeDefinition)
      // An answer that names an address to go on with: over a WebSocket there is no other way than the one it came by.
      const contact = '<sip:600@127.0.0.1:9;transport=ws>'
      const lab = await rig.extension(
        { contact, digest: {} },
        { ...ACCOUNT, path: '/sip' },
        { server: { transport } },
      )
      expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok', status: 200 })
      expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'INVITE 2', 'ACK 2', 'BYE 3'])
      expect(lab.server.accepted).toBe(1)
      const via = new RegExp(`^SIP/2\\.0/${transport.toUpperCase()} [0-9a-f]{16}\\.invalid;branch=z9hG4bK`)
      for (const request of lab.server.requests) expect(request.header('via')).toMatch(via)
      const [invite] = lab.server.requests
      expect(invite?.uri).toBe(`sip:600@127.0.0.1:${lab.server.port};transport=ws`)
      expect(invite?.header('contact')).toMatch(/^<sip:monitor@[0-9a-f]{16}\.invalid;transport=ws>$/)
      expect(lab.extension.standing).toEqual([])
    },
  )

  test('whose connection breaks while it rings is cancelled over a new one', async () => {
    rig = new CallRig(sipInvite as ProbeDefinition)
    const lab = await rig.extension({ answerAfterMs: 'never' }, WHOM, { server: { transport: 'ws' } })
    const asking = lab.ask()
    await lab.play(200)
    expect(lab.extension.standing).toHaveLength(1)
    lab.server.dropConnections('reset')
    await lab.play(500)
    expect(await asking).toMatchObject({ result: 'fail', reason: 'reset' })
    expect(lab.extension.standing).toEqual([])
    const [invite, cancel] = lab.server.requests
    expect(cancel?.header('via')).toBe(invite?.header('via'))
  })

  test('has its audio beside it, over UDP', async () => {
    rig = new CallRig(rtpEcho as ProbeDefinition)
    const lab = await rig.extension({}, { ...WHOM, duration: '400ms' }, { server: { transport: 'ws' } })
    expect(await lab.asked()).toMatchObject({
      result: 'pass',
      reason: 'ok',
      detail: expect.stringContaining('20 of ours'),
    })
    expect(lab.extension.standing).toEqual([])
  })
})

describe('REGISTER over a WebSocket', () => {
  test.each(OVER)('(%s) writes a binding and removes that very one', async (transport) => {
    rig = new CallRig(sipRegister as ProbeDefinition)
    const registrar = new Registrar({ digest: {} })
    const account = { user: PROBE_USER, password: PROBE_PASSWORD, domain: 'lab.example', bind: true }
    const lab = await rig.against(registrar, account, { server: { transport } })
    expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok' })
    const home = /^sip:(sipvane-[0-9a-f]{12})@\1\.invalid;transport=ws$/
    expect(registrar.written.map(({ contact }) => contact)).toEqual([expect.stringMatching(home)])
    expect([...registrar.bindings.values()].flatMap((bindings) => [...bindings])).toEqual([])
    for (const { header } of lab.server.requests)
      expect(header('via')).toMatch(/^SIP\/2\.0\/WSS? [0-9a-f]{16}\.invalid;/)
  })
})
