import { describe, expect, it } from 'vitest'
import type { ReadScope } from '../../../src/publishers/providers/definition.ts'
import { Reconciler } from '../../../src/publishers/reconcile/reconciler.ts'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { wantedOf } from '../../support/provider-driver.ts'
import { currentOf, ORIGIN, planOf } from './support.ts'

const THEIRS = '"heritage=external-dns,external-dns/owner=k8s,external-dns/resource=ingress/x"'
const signal = new AbortController().signal

/** What a reading is asked for when this shall be published. */
async function scopeOf(text: string, adopt: boolean, marks: 'txt' | 'inline' = 'txt'): Promise<ReadScope> {
  const provider = new MemoryProvider()
  let asked: ReadScope | undefined
  provider.read = async (scope?: ReadScope) => {
    asked = scope
    return []
  }
  await new Reconciler(provider, { owner: 'ns1', marks, adopt }).prepare(wantedOf(text, ORIGIN), signal)
  if (asked === undefined) throw new Error('nothing was read')
  return asked
}

describe('a zone that external-dns keeps as well', () => {
  it.each(['txt', 'inline'] as const)(
    'is left to it where its TXT says so, adopt or not, at the name or before it (marks: %s)',
    (marks) => {
      for (const [name, place] of [
        ['sip1', 'sip1'],
        ['sip1', 'a-sip1'],
        ['*', 'a-*'],
      ]) {
        const current = `${name} IN A 192.0.2.11\n${place} IN TXT ${THEIRS}`
        const plan = planOf(`${name} IN A 192.0.2.1`, current, { adopt: true, marks })
        expect(plan.changes).toEqual([])
        expect(plan.refusals).toMatchObject([
          { code: 'other-owner', message: 'is marked by another owner, external-dns/k8s' },
        ])
      }
    },
  )

  it.each(['txt', 'inline'] as const)(
    'is ours all the same where our own mark stands (marks: %s)',
    (marks) => {
      const mark = '_sipvane-a.sip1 IN TXT "heritage=sipvane,owner=ns1"'
      const current = currentOf(`sip1 IN A 192.0.2.11\nsip1 IN TXT ${THEIRS}\n${mark}`)
      const marked = current.map((set) => (set.type === 'A' ? { ...set, mark: { owner: 'ns1' } } : set))
      expect(planOf('sip1 IN A 192.0.2.1', marked, { marks }).changes).toMatchObject([{ kind: 'update' }])
    },
  )

  it('is read where its signs stand before anything is adopted: before each name, outside of our origin too', async () => {
    const text = '@ IN A 192.0.2.1\n@ IN AAAA 2001:db8::1\nsip1 IN A 192.0.2.1'
    const scope = await scopeOf(text, true)
    expect(scope.names).toContain(`a-sip1.${ORIGIN}`)
    expect(scope.beside).toEqual([`a-${ORIGIN}`, `aaaa-${ORIGIN}`])
    expect((await scopeOf(text, true, 'inline')).beside).toEqual([`a-${ORIGIN}`, `aaaa-${ORIGIN}`])
    const usual = await scopeOf(text, false)
    expect(usual.names).not.toContain(`a-sip1.${ORIGIN}`)
    expect(usual.beside).toBeUndefined()
  })

  it('has no sign beside the apex of the provider: such a name would lie in another zone', async () => {
    const provider = new MemoryProvider()
    let asked: ReadScope | undefined
    provider.read = async (scope?: ReadScope) => {
      asked = scope
      return []
    }
    const reconciler = new Reconciler(provider, { owner: 'ns1', marks: 'txt', adopt: true })
    await reconciler.prepare(wantedOf('@ IN A 192.0.2.1', 'example.com.'), signal)
    expect(asked?.beside).toBeUndefined()
  })
})
