import { describe, expect, it } from 'vitest'
import { ProviderError } from '../../../../src/publishers/providers/error.ts'
import type { Route53Api } from '../../../../src/publishers/providers/route53/api.ts'
import { readSubtree, readText } from '../../../../src/publishers/providers/route53/reading.ts'
import { cleanUp, ORIGIN, rig, serve, signal } from '../route53-world.ts'

/** Gives the replies one after the other, the last one for ever; counts what it was asked. */
function apiOf(...replies: readonly (object | ProviderError)[]) {
  const asked: object[] = []
  const throttled: (number | undefined)[] = []
  const api = {
    pace: { throttled: (retryAfterMs?: number) => void throttled.push(retryAfterMs) },
    call: async ({ input }: { input: object }) => {
      const reply = replies[Math.min(asked.length, replies.length - 1)]
      asked.push(input)
      if (reply instanceof ProviderError) throw reply
      return reply
    },
  }
  return { api: api as unknown as Route53Api, asked, throttled }
}

const address = (name: string) => ({
  Name: name,
  Type: 'A',
  TTL: 60,
  ResourceRecords: [{ Value: '192.0.2.1' }],
})

describe('a listing of Route53', () => {
  it('that names the same next page again is an error, not a loop', async () => {
    const next = { IsTruncated: true, NextRecordName: 'h.voice.example.com.', NextRecordType: 'A' }
    const { api, asked } = apiOf({ ResourceRecordSets: [], ...next })
    await expect(readSubtree(api, 'Z1', ORIGIN, signal)).rejects.toMatchObject({ fault: 'protocol' })
    expect(asked).toHaveLength(2)
  })

  it('that is throttled again and again is given up, as slowly as the API asks', async () => {
    const { api, asked, throttled } = apiOf(new ProviderError('throttled', 'no', { retryAfterMs: 7_000 }))
    await expect(readSubtree(api, 'Z1', ORIGIN, signal)).rejects.toMatchObject({ fault: 'throttled' })
    expect(asked).toHaveLength(6)
    expect(throttled).toEqual(Array(5).fill(7_000))
  })

  it('fails at once for any other reason', async () => {
    const { api, asked } = apiOf(new ProviderError('failed', 'no'))
    await expect(readSubtree(api, 'Z1', ORIGIN, signal)).rejects.toMatchObject({ fault: 'failed' })
    expect(asked).toHaveLength(1)
  })

  it('that begins behind the text that was asked for has none of it', async () => {
    const text = { Name: 'a-voice.example.com.', Type: 'TXT', TTL: 60, ResourceRecords: [{ Value: '"x"' }] }
    for (const [set, count] of [
      [text, 1],
      [{ ...text, Name: 'b.example.com.' }, 0],
      [address('a-voice.example.com.'), 0],
    ] as const) {
      const { api } = apiOf({ ResourceRecordSets: [set] })
      expect(await readText(api, 'Z1', 'a-voice.example.com.' as typeof ORIGIN, signal)).toHaveLength(count)
    }
  })

  it('goes on in the middle of a name, and of its weighted sets', async () => {
    const server = await serve({ pageMax: 2 })
    const name = 'sip.voice.example.com'
    for (let at = 0; at < 5; at++)
      server
        .zone()
        .put({ name, type: 'A', ttl: 60, values: ['192.0.2.1'], setIdentifier: `t${at}`, weight: 1 })
    server.zone().put({ name, type: 'AAAA', ttl: 60, values: ['2001:db8::1'] })
    server.zone().put({ name, type: 'TXT', ttl: 60, values: ['"x"'] })
    const sets = await rig(server).provider.read({ origins: [ORIGIN], names: [] }, signal)
    expect(sets.map(({ type, variant }) => `${type} ${variant?.id ?? ''}`.trim())).toEqual([
      'A t0',
      'A t1',
      'A t2',
      'A t3',
      'A t4',
      'AAAA',
      'TXT',
    ])
    expect(server.calls).toHaveLength(4)
    await cleanUp()
  })

  it('is asked for once where one zone of ours lies in another', async () => {
    const server = await serve()
    const below = `eu.${ORIGIN}` as typeof ORIGIN
    server.zone().put({ name: 'sip.eu.voice.example.com', type: 'A', ttl: 60, values: ['192.0.2.1'] })
    const sets = await rig(server).provider.read({ origins: [below, ORIGIN], names: [] }, signal)
    expect(sets).toHaveLength(1)
    expect(server.calls).toHaveLength(1)
    await cleanUp()
  })
})
