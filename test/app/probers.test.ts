import { afterEach, describe, expect, test } from 'vitest'
import { Probers } from '../../src/app/probers.ts'
import { ReportStore } from '../../src/app/report-board.ts'
import { targetId } from '../../src/core/brand.ts'
import { outcome } from '../../src/core/outcome.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { settingsOf } from '../support/settings.ts'
import { labTarget } from '../support/sip-targets.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

function bench() {
  const time = new VirtualTime(1_000_000)
  const sip = createSipTransports({ clock: time, timers: time })
  const reports = new ReportStore()
  const probers = new Probers({ clock: time, timers: time, logger: silentLogger, sip, reports })
  cleanups.push(() => probers.close())
  const report = (probe: string, reason: 'ok' | 'check-failed') =>
    reports.put(targetId('edge', 'sip1'), probe, {
      outcome: outcome(reason, { attempts: 1 }),
      atMs: time.nowMs(),
    })
  const ask = (probe: string) => probers.get(probe).ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })
  return { time, probers, report, ask }
}

function config(probes: string, pool: string) {
  return settingsOf(`
probes:
${probes}
pools:
  edge: { policy: failover, probes: [${pool}], targets: { sip1: { address: 127.0.0.1 } } }
`)
}

const TWO_OF_TWO = config(
  `
  calls: { type: push }
  disk: { type: push }
  both: { type: all, of: [calls, disk] }
  outer: { type: any, of: [both] }
  unused: { type: exec, command: [/no/such/program] }`,
  'outer',
)

describe('probes that ask others', () => {
  test('reach their members to any depth, though no pool lists them', async () => {
    const { probers, report, ask } = bench()
    await probers.adopt(TWO_OF_TWO)
    report('calls', 'ok')
    report('disk', 'ok')
    expect(await ask('outer')).toMatchObject({ result: 'pass', detail: 'both passes' })
    report('disk', 'check-failed')
    expect(await ask('outer')).toMatchObject({ result: 'fail', reason: 'check-failed' })
    expect(await ask('both')).toMatchObject({ detail: 'calls passes, disk fails (check-failed)' })
  })

  test('what nobody asks is not even made ready', async () => {
    const { probers } = bench()
    await probers.adopt(TWO_OF_TWO)
    expect(() => probers.get('unused')).toThrow('no prober for unused')
  })

  test('take up a member that a reload changed, and can be asked until the old configuration is let go', async () => {
    const { probers, report, ask } = bench()
    const first = await probers.adopt(TWO_OF_TWO)
    await first()
    report('calls', 'ok')
    report('disk', 'check-failed')
    const old = probers.get('both')
    const next = config('  calls: { type: push, expiresIn: 5m }\n  both: { type: all, of: [calls] }', 'both')
    const release = await probers.adopt(next)
    expect(await ask('both')).toMatchObject({ result: 'pass', detail: 'calls passes' })
    // A question of the old configuration may still be under way.
    expect((await old.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })).detail).toContain('disk fails')
    await release()
    await expect(old.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 })).rejects.toThrow(
      'no prober for disk',
    )
  })
})
