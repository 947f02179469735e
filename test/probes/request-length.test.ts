import { afterEach, describe, expect, test } from 'vitest'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { rtpEcho } from '../../src/probes/rtp-echo.ts'
import { sipInvite } from '../../src/probes/sip-invite.ts'
import { sipRegister } from '../../src/probes/sip-register.ts'
import { tooLongFor } from '../../src/wire/sip/size.ts'
import { ACCOUNT, CallRig } from '../support/call-rig.ts'
import { PROBE_PASSWORD, PROBE_USER } from '../support/sip-digest.ts'
import { Registrar } from '../support/sip-registrar.ts'

let rig: CallRig
afterEach(() => rig?.close())

/** A challenge as long as we take one: its answer repeats realm and opaque. */
const LONG = { realm: 'r'.repeat(500), opaque: 'o'.repeat(500) }
const TOO_LONG =
  /^the (INVITE|REGISTER) has 1\d{3} bytes, and UDP may carry 1300 \(RFC 3261 section 18\.1\.1\): ask over tcp$/

test('1300 bytes may go over UDP, 1301 only over others', () => {
  expect(tooLongFor('udp', 'INVITE', 1300)).toBeUndefined()
  expect(tooLongFor('udp', 'INVITE', 1301)).toMatch(TOO_LONG)
  for (const transport of ['tcp', 'tls', 'ws', 'wss'])
    expect(tooLongFor(transport, 'INVITE', 9000)).toBeUndefined()
})

describe('a challenge whose answer UDP may not carry', () => {
  test('says nothing of the server, and the long INVITE is not sent', async () => {
    rig = new CallRig(sipInvite as ProbeDefinition)
    const lab = await rig.extension({ digest: LONG }, ACCOUNT)
    const said = await lab.asked()
    expect(said).toMatchObject({ result: 'inconclusive', reason: 'no-verdict' })
    expect(said.detail).toMatch(TOO_LONG)
    await lab.play(1000)
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1'])
    expect(lab.extension.standing).toEqual([])
  })

  test('is answered over TCP', async () => {
    rig = new CallRig(sipInvite as ProbeDefinition)
    const lab = await rig.extension({ digest: LONG }, ACCOUNT, { server: { transport: 'tcp' } })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(lab.server.requests[2]?.text.length).toBeGreaterThan(1300)
  })

  test.each([
    ['udp', 'inconclusive', ['REGISTER']],
    ['tcp', 'pass', ['REGISTER', 'REGISTER']],
  ] as const)('to REGISTER over %s is %s', async (transport, result, sent) => {
    rig = new CallRig(sipRegister as ProbeDefinition)
    const account = { user: PROBE_USER, password: PROBE_PASSWORD, domain: 'lab.example' }
    const lab = await rig.against(new Registrar({ digest: LONG }), account, { server: { transport } })
    const said = await lab.asked()
    expect(said.result).toBe(result)
    if (result === 'inconclusive') {
      expect(said.reason).toBe('no-verdict')
      expect(said.detail).toMatch(TOO_LONG)
    }
    expect(lab.server.requests.map(({ method }) => method)).toEqual(sent)
  })
})

describe.each([
  ['sip-invite', sipInvite as ProbeDefinition],
  ['rtp-echo', rtpEcho as ProbeDefinition],
])('the configuration of %s', (_kind, definition) => {
  const long = { extension: '6'.repeat(100), domain: `${'a'.repeat(60)}.`.repeat(4).slice(0, -1) }
  const complaints = (options: object) =>
    definition.options
      .safeParse(options)
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

  test('is refused where its INVITE is too long for UDP before any challenge', () => {
    expect(complaints(long)).toEqual([expect.stringMatching(/^transport: the INVITE has 1\d{3} bytes/)])
    expect(complaints({ ...long, transport: 'tls' })).toBeUndefined()
    expect(complaints({ extension: '600' })).toBeUndefined()
  })
})

test('the length that the configuration is judged by is the one that is sent, but for the addresses', async () => {
  rig = new CallRig(sipInvite as ProbeDefinition)
  // With every part one more byte than this the configuration is refused.
  const options = {
    extension: '6'.repeat(100),
    domain: 'd'.repeat(63),
    from: `sip:${'f'.repeat(190)}@x`,
    userAgent: '',
  }
  let length = 0
  while (sipInvite.options.safeParse({ ...options, userAgent: 'u'.repeat(length + 1) }).success) length++
  const lab = await rig.extension({}, { ...options, userAgent: 'u'.repeat(length) })
  expect(await lab.asked()).toMatchObject({ result: 'pass' })
  const sent = lab.server.requests[0]?.text.length ?? 0
  expect(sent).toBeLessThanOrEqual(1300)
  expect(sent).toBeGreaterThan(1250)
})
