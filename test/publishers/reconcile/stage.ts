import { expect } from 'vitest'
import { Pacer } from '../../../src/publishers/reconcile/pacer.ts'
import { Updater, type UpdaterSettings } from '../../../src/publishers/reconcile/updater.ts'
import { MemoryProvider } from '../../support/memory-provider.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { seededRandom, VirtualTime } from '../../support/virtual-time.ts'
import { snapshotOf } from './support.ts'

export const BOTH = `
@         IN A   192.0.2.11
_sip._udp IN SRV 10 100 5060 sip1
          IN SRV 20 100 5060 sip2
sip1      IN A   192.0.2.11
sip2      IN A   192.0.2.12
`
export const SECOND = BOTH.replace('@         IN A   192.0.2.11', '@         IN A   192.0.2.12').replace(
  '_sip._udp IN SRV 10 100 5060 sip1\n          IN',
  '_sip._udp IN',
)
export const CALM = BOTH.replaceAll(' IN ', ' 120 IN ')
export const FAILOVER = '~voice.example.com. A ~_sip._udp.voice.example.com. SRV'

export function stage(settings: Partial<UpdaterSettings> = {}, provider = new MemoryProvider()) {
  const time = new VirtualTime(1_000_000)
  const logger = recordingLogger()
  const pace = new Pacer({ callsPerSecond: 1_000, burst: 1_000 }, time, time)
  const updater = new Updater(
    provider,
    { name: 'memory', owner: 'ns1', marks: 'txt', adopt: false, dryRun: false, ...settings },
    { clock: time, timers: time, random: seededRandom(7), logger, pace },
  )
  return { time, logger, provider, updater }
}

export async function converged(settings: Partial<UpdaterSettings> = {}, provider = new MemoryProvider()) {
  const all = stage(settings, provider)
  all.updater.publish(snapshotOf(BOTH))
  // Each advance lets a few batches through.
  for (let at = 0; at < 10; at++) await all.time.advance(100)
  expect(all.updater.report().state).toBe('converged')
  all.provider.calls.length = 0
  return all
}
