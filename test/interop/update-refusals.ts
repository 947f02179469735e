import { expect, it } from 'vitest'
import { creations, noAbort, readAll } from '../support/update-provider.ts'
import { IDLE, KEY } from '../support/update-server.ts'
import { type UpdatePeer, type UpdateScene, ZONE } from './update-scene.ts'

/** What a server refuses, and in which words we tell it. */
export function refusalCases({ provider, failure, short }: UpdateScene, peer: UpdatePeer): void {
  it.each([
    [
      'a wrong secret',
      { key: { ...KEY, secret: Buffer.alloc(32).toString('base64') } },
      'credentials',
      /secret|key/,
    ],
    ['a key that it does not know', { key: { ...KEY, name: 'no-such-key' } }, 'credentials', /key/],
    [
      'our clock an hour ahead',
      { aheadMs: 3_600_000 },
      'clock',
      /server's clock is (1 h 0 min|59 min \d+ s) behind ours/,
    ],
    [
      'our clock ten minutes behind',
      { aheadMs: -600_000 },
      'clock',
      /server's clock is (10 min \d+ s|9 min \d+ s) ahead of ours/,
    ],
  ] as const)('tells %s', async (_, options, fault, words) => {
    for (const transport of ['auto', 'tcp'] as const) {
      const error = await failure(
        provider({ ...options, transport, zone: ZONE }).apply(
          creations(ZONE, 'never A 192.0.2.50'),
          noAbort(),
        ),
      )
      expect(error.fault).toBe(fault)
      expect(error.message).toMatch(fault !== 'clock' || peer.tellsTime ? words : /clock and ours disagree/)
      expect((await failure(provider({ ...options, transport, zone: ZONE }).open(noAbort()))).fault).toBe(
        fault,
      )
    }
    expect(short('never', 'A')).toEqual([])
  })

  it('tells a key that may not update from changes that may not be made', async () => {
    const error = await failure(
      provider({ key: IDLE, zone: ZONE }).apply(creations(ZONE, 'never A 192.0.2.50'), noAbort()),
    )
    expect([error.fault, error.retryable]).toEqual([peer.deniedAs, false])
    expect(short('never', 'A')).toEqual([])
  })

  it('tells a zone that is not there, and a name outside of the zone', async () => {
    expect((await failure(provider({ zone: 'other.test' }).open(noAbort()))).fault).toBe('no-zone')
    expect((await failure(readAll(provider(), 'other.test'))).fault).toBe('no-zone')
    const away = await failure(
      provider({ zone: 'other.test' }).apply(creations('other.test', 'x A 192.0.2.50'), noAbort()),
    )
    expect(away.fault).toBe('no-zone')
    const outside = await failure(
      provider({ zone: ZONE }).apply(creations('other.test', 'x A 192.0.2.50'), noAbort()),
    )
    expect(['refused', 'protocol']).toContain(outside.fault)
  })
}
