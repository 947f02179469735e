import { describe, expect, it } from 'vitest'
import { ProviderError } from '../../../src/publishers/providers/error.ts'
import { countByZone } from '../../../src/publishers/reconcile/by-zone.ts'
import { Ledger } from '../../../src/publishers/reconcile/ledger.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { wantedOf } from '../../support/provider-driver.ts'
import { VirtualTime } from '../../support/virtual-time.ts'
import { ORIGIN, planOf } from './support.ts'

const SCOPE = { origins: [], names: [] }
const signal = new AbortController().signal

describe('the ledger of calls', () => {
  it('counts by kind and result, with the time that they took', async () => {
    const time = new VirtualTime()
    const provider = new MemoryProvider()
    const ledger = new Ledger(time)
    const watched = ledger.watch(provider)
    provider.gate = () => new Promise((resolve) => void time.after(40, resolve))
    provider.faults.push(new ProviderError('throttled', 'slow down'))
    const first = watched.read(SCOPE, signal).catch((error) => error.fault)
    await time.advance(40)
    const second = watched.read(SCOPE, signal)
    await time.advance(40)
    expect(await first).toBe('throttled')
    expect(await second).toEqual([])
    expect(ledger.counts).toEqual([
      { kind: 'read', result: 'throttled', count: 1, totalMs: 40 },
      { kind: 'read', result: 'ok', count: 1, totalMs: 40 },
    ])
  })

  it('takes a refusal for a sign of life, and silence for none', async () => {
    const provider = new MemoryProvider()
    const ledger = new Ledger(new VirtualTime())
    const watched = ledger.watch(provider)
    expect(ledger.reachable).toBeUndefined()
    const seen = []
    for (const fault of ['unreachable', 'scope', 'timeout', 'failed'] as const) {
      provider.faults.push(new ProviderError(fault, fault))
      await expect(watched.open(signal)).rejects.toThrow(fault)
      seen.push(ledger.reachable)
    }
    expect(seen).toEqual([false, true, false, true])
  })

  it('does not hold against the provider what was broken off', async () => {
    const provider = new MemoryProvider()
    const ledger = new Ledger(new VirtualTime())
    const abort = new AbortController()
    abort.abort()
    provider.faults.push(new ProviderError('timeout', 'aborted'))
    await expect(ledger.watch(provider).open(abort.signal)).rejects.toThrow('aborted')
    expect(ledger.counts).toEqual([])
  })

  it('follows limits that change, and has no `settled` where the provider has none', () => {
    const provider = new MemoryProvider()
    const watched = new Ledger(new VirtualTime()).watch(provider)
    provider.limits = { ...provider.limits, burst: 3 }
    expect(watched.limits.burst).toBe(3)
    expect(watched.settled).toBeTypeOf('function')
    Object.defineProperty(provider, 'settled', { value: undefined })
    expect(new Ledger(new VirtualTime()).watch(provider).settled).toBeUndefined()
  })
})

describe('counting by zone', () => {
  it('gives each set to the zone furthest down, and counts no marks', () => {
    const text = 'sip1 IN A 192.0.2.11\nsip2 IN A 192.0.2.12\na.lab IN A 192.0.2.13'
    const wanted = {
      ...wantedOf(text, ORIGIN),
      origins: [ORIGIN, `lab.${ORIGIN}`].map((o) => canonicalName(o)),
    }
    const plan = planOf(text, 'sip1 60 IN A 192.0.2.11')
    expect(plan.changes.some((change) => change.isMark)).toBe(true)
    expect(countByZone(wanted, plan)).toEqual({
      'voice.example.com.': { wanted: 2, differing: 1, refused: 1 },
      'lab.voice.example.com.': { wanted: 1, differing: 1, refused: 0 },
    })
  })
})
