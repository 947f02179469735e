/** A pushed report counts at once: the app asks the question that goes by it rather than wait for its turn. */
import { afterEach, expect, test } from 'vitest'
import { createApp } from '../../src/app/app.ts'
import type { App } from '../../src/app/facade.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { settingsOf } from '../support/settings.ts'
import { until } from '../support/sip-real-time.ts'

// Without reports at once nothing would move for an hour.
const SETTINGS = settingsOf(`
node: lab
probes:
  backup: { type: push, interval: 1h, timeout: 1s, fall: 1, rise: 1, expiresIn: 2h }
  both: { type: all, of: [backup], interval: 1h, timeout: 1s, fall: 1, rise: 1 }
pools:
  edge:
    policy: failover
    probes: [both]
    failback: { mode: auto, delay: 0s }
    targets:
      sip1: { address: 192.0.2.11, priority: 10 }
      sip2: { address: 192.0.2.12, priority: 20 }
`)

let app: App | undefined
afterEach(() => app?.stop())

test('a report moves the decision within moments, both ways, through a probe that asks the push probe', async () => {
  const made = createApp(SETTINGS, { logger: silentLogger, version: '0' })
  app = made
  await made.start()
  const active = () => made.status().pools.edge?.decisions[0]?.active.map(({ target }) => target)
  const ready = () => made.status().ready
  await until(ready, 'the first round')

  expect(made.report('edge', 'sip2', { result: 'pass' })).toEqual({ taken: true, probe: 'backup' })
  made.report('edge', 'sip1', { result: 'pass' })
  await until(() => made.status().pools.edge?.targets.sip1?.real === 'up', 'sip1 to be up')
  expect(active()).toEqual(['sip1'])

  made.report('edge', 'sip1', { result: 'fail', detail: 'database gone' })
  await until(() => active()?.[0] === 'sip2', 'the failover')
  expect(made.status().pools.edge?.targets.sip1?.probes[0]?.last).toMatchObject({
    reason: 'check-failed',
    detail: 'backup fails (check-failed)',
  })

  made.report('edge', 'sip1', { result: 'pass' })
  await until(() => active()?.[0] === 'sip1', 'the return')
})
