import { describe, expect, it } from 'vitest'
import type { CurrentSet, ReadScope } from '../../../src/publishers/providers/definition.ts'
import { Reconciler } from '../../../src/publishers/reconcile/reconciler.ts'
import type { Wanted } from '../../../src/publishers/reconcile/wanted.ts'
import { isSubdomain } from '../../../src/wire/dns/name.ts'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { wantedOf } from '../../support/provider-driver.ts'

const signal = new AbortController().signal
const EU = wantedOf('@ IN A 192.0.2.1', 'eu.example.com.')
const US = wantedOf('@ IN A 192.0.2.2', 'us.example.com.')
const BOTH: Wanted = {
  origins: [...EU.origins, ...US.origins],
  names: new Set([...EU.names, ...US.names]),
  sets: [...EU.sets, ...US.sets],
}

/** Shows no more than it was asked for, as the real ones do. */
class Zonewise extends MemoryProvider {
  readonly scopes: ReadScope[] = []

  override async read(scope?: ReadScope): Promise<readonly CurrentSet[]> {
    if (scope !== undefined) this.scopes.push(scope)
    const sets = await super.read()
    return sets.filter(({ name }) => scope?.origins.some((origin) => isSubdomain(name, origin)))
  }
}

describe('what a reading covers', () => {
  it('is no more than the zones that are published now', async () => {
    const provider = new Zonewise()
    const reconciler = new Reconciler(provider, { owner: 'ns1', marks: 'txt', adopt: false })
    await reconciler.prepare(BOTH, signal)
    reconciler.forget()
    await reconciler.prepare(EU, signal)
    const [, second] = provider.scopes
    expect(second?.origins).toEqual(EU.origins)
    expect(second?.names.filter((name) => !name.endsWith('eu.example.com.'))).toEqual([])
  })

  it('is every name that was wanted since the start, for what is no longer wanted is to be deleted', async () => {
    const provider = new Zonewise()
    const reconciler = new Reconciler(provider, { owner: 'ns1', marks: 'txt', adopt: false })
    await reconciler.prepare(wantedOf('old IN A 192.0.2.1', 'eu.example.com.'), signal)
    await reconciler.prepare(EU, signal)
    expect(provider.scopes[1]?.names).toEqual(
      expect.arrayContaining(['old.eu.example.com.', '_sipvane-a.old.eu.example.com.']),
    )
  })

  it('does not miss what left the configuration with its zone', async () => {
    const provider = new Zonewise()
    const reconciler = new Reconciler(provider, { owner: 'ns1', marks: 'txt', adopt: false })
    const more = wantedOf('@ IN A 192.0.2.2\na IN A 192.0.2.3\nb IN A 192.0.2.4', 'us.example.com.')
    const both = { ...BOTH, names: new Set([...EU.names, ...more.names]), sets: [...EU.sets, ...more.sets] }
    await reconciler.prepare(both, signal)
    await reconciler.apply(reconciler.plan(both).changes, signal)
    reconciler.forget()
    // Three of four of ours are not shown, since they were not asked for.
    expect(await reconciler.prepare(EU, signal)).toBe(true)
    expect(reconciler.plan(EU)).toMatchObject({ changes: [], owned: 1 })
  })

  it('takes a zone in again that left the configuration and came back, before anything is planned of it', async () => {
    const provider = new Zonewise()
    const reconciler = new Reconciler(provider, { owner: 'ns1', marks: 'txt', adopt: false })
    const bring = async (wanted: Wanted) => {
      await reconciler.prepare(wanted, signal)
      const { changes } = reconciler.plan(wanted)
      if (changes.length > 0) await reconciler.apply(changes, signal)
      return changes.length
    }
    expect(await bring(BOTH)).toBe(4)
    reconciler.forget()
    expect(await bring(EU)).toBe(0)
    expect(await bring(BOTH)).toBe(0)
    expect(provider.sets.size).toBe(4)
  })
})
