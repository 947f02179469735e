import { describe, expect, it } from 'vitest'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { BOTH, converged, FAILOVER, SECOND } from './stage.ts'
import { snapshotOf } from './support.ts'

describe('a change that is in conflict again and again, though the zone was read each time', () => {
  it('is set aside, so that the rest goes through, and tried again after the next reading', async () => {
    const { time, provider, updater } = await converged()
    const apply = provider.apply.bind(provider)
    let seen = 0
    provider.apply = async (batch) => {
      if (!batch.some(({ name }) => name.startsWith('_sip.'))) return apply(batch)
      seen += 1
      throw new ProviderError('conflict', 'the set is not as it was read')
    }
    updater.publish(snapshotOf(SECOND))
    for (let at = 0; at < 60; at++) await time.advance(1_000)
    expect(provider.calls.filter((call) => call !== 'read')).toEqual(['~voice.example.com. A'])
    expect(updater.report()).toMatchObject({
      state: 'refused',
      refusals: [
        { name: '_sip._udp.voice.example.com.', code: 'rejected', message: 'the set is not as it was read' },
      ],
    })
    const before = seen
    expect(before).toBeLessThan(10)
    for (let at = 0; at < 600; at++) await time.advance(1_000)
    expect(seen).toBe(before)
    provider.apply = apply
    updater.resync()
    await time.advance(1_000)
    expect(updater.report().state).toBe('converged')
  })

  it('is not set aside for a moment of old data, nor for two different conflicts', async () => {
    const { time, provider, updater } = await converged()
    for (let at = 0; at < 4; at++) provider.faults.push(new ProviderError('conflict', 'not as it was read'))
    // Every second call is a reading, which is well.
    const read = provider.read.bind(provider)
    provider.read = async () => {
      const faults = provider.faults.splice(0)
      const sets = await read()
      provider.faults.push(...faults)
      return sets
    }
    updater.publish(snapshotOf(SECOND))
    for (let at = 0; at < 60; at++) await time.advance(1_000)
    expect(provider.calls.filter((call) => call !== 'read')).toEqual(Array(5).fill(FAILOVER))
    expect(updater.report().state).toBe('converged')
  })

  it('is found among others where each refusal is told as a conflict first, as Route53 does, without a name', async () => {
    const { time, provider, updater } = await converged()
    const apply = provider.apply.bind(provider)
    let last = ''
    let calls = 0
    provider.apply = async (batch) => {
      if (!batch.some(({ name }) => name.startsWith('bad'))) return apply(batch)
      calls += 1
      const same = last === JSON.stringify(batch)
      last = JSON.stringify(batch)
      throw new ProviderError(same ? 'refused' : 'conflict', 'invalid')
    }
    const hosts = ['a', 'bad1', 'b', 'c', 'bad2', 'd'].map((name, at) => `${name} IN A 192.0.2.${100 + at}`)
    updater.publish(snapshotOf(`${BOTH}${hosts.join('\n')}`))
    for (let at = 0; at < 1_200; at++) await time.advance(1_000)
    expect(updater.report().refusals.map(({ name }) => name.split('.')[0])).toEqual(['bad1', 'bad2'])
    expect(updater.report()).toMatchObject({ state: 'refused', owned: 8 })
    expect(calls).toBeLessThan(20)
  })
})
