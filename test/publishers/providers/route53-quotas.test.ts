import { afterEach, describe, expect, it } from 'vitest'
import type { ProviderSet } from '../../../src/publishers/providers/definition.ts'
import type { Wanted } from '../../../src/publishers/reconcile/wanted.ts'
import { wantedOf } from '../../support/provider-driver.ts'
import { cleanUp, KEYS, ORIGIN, rig, serve, signal } from './route53-world.ts'

afterEach(cleanUp)

const address = (at: number) => `10.0.${at >> 8}.${at & 255}`
const many = (count: number) =>
  wantedOf(Array.from({ length: count }, (_, at) => `sip IN A ${address(at)}`).join('\n'), ORIGIN)
const weighted = (count: number): Wanted => {
  const [set] = many(1).sets as [ProviderSet]
  const sets = Array.from({ length: count }, (_, at) => ({
    ...set,
    records: [{ type: 'A', address: address(at) }] as const,
    variant: { id: address(at), weight: 1 },
  }))
  return { ...many(1), sets }
}

describe('the quotas of Route53', () => {
  it.each([
    ['400 values in a set', many, 400, {}],
    ['100 weighted sets of a name', weighted, 100, { mode: 'weighted' }],
  ] as const)('%s: taken, and one more is refused before anything is asked', async (_, of, most, mode) => {
    const server = await serve()
    const { reconciler, bring } = rig(server, { ...KEYS, ...mode })
    await bring(of(most))
    expect(reconciler.plan(of(most))).toMatchObject({ changes: [], refusals: [] })
    const calls = server.calls.length
    expect(await bring(of(most + 1))).toBe(0)
    expect(reconciler.plan(of(most + 1)).refusals).toMatchObject([{ code: 'too-large' }])
    expect(server.calls).toHaveLength(calls)
  })

  it('are the same that the API refuses by', async () => {
    const server = await serve()
    const { provider } = rig(server)
    const create = (wanted: Wanted) =>
      provider.apply(
        wanted.sets.map((after) => ({ name: after.name, type: after.type, after })),
        signal,
      )
    await expect(create(many(401))).rejects.toMatchObject({ fault: 'conflict', culprits: [] })
    await expect(create(many(401))).rejects.toMatchObject({ fault: 'refused', culprits: [] })
    await expect(create(weighted(101))).rejects.toMatchObject({ fault: 'conflict' })
    await expect(create(many(400))).resolves.toBeDefined()
  })
})
