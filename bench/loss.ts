/**
 * A bad line is no dead server: 20 % loss each way and 120 ms jitter on the primary; how often does the answer move? `npm run bench:loss
 * [-- SECONDS [SEED]]`
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createLossyRelay } from '../test/support/lossy-relay.ts'
import { createSipServer } from '../test/support/sip-server.ts'
import { startSipvane } from '../test/support/sipvane-process.ts'
import { AnswerWatch } from './support/watch-answer.ts'

const seconds = Number(process.argv[2] ?? 60)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000)
const CLEAN_MS = 10_000

const primary = await createSipServer({ transport: 'udp', address: '127.0.0.1' })
const standby = await createSipServer({ transport: 'udp', address: '127.21.0.2' })
const relay = await createLossyRelay({
  to: primary,
  loss: 0,
  lossLater: { afterMs: CLEAN_MS, loss: 0.2 },
  jitterMs: 120,
  seed,
})
const sipvane = await startSipvane(`
node: bench
dns: { listen: ["127.0.0.1:0"] }
admin: { listen: "127.0.0.1:0" }
probes:
  options: { type: sip-options, transport: udp, interval: 1s, fall: 3 }
pools:
  edge:
    policy: failover
    probes: [options]
    targets:
      sip1: { address: 127.0.0.1, port: ${relay.port}, priority: 10 }
      sip2: { address: ${standby.address}, port: ${standby.port}, priority: 20 }
zones:
  voice.example.com:
    nameservers: [ns1.example.net.]
    answers:
      - { name: "@", type: A, pool: edge }
`)
const watch = new AnswerWatch(sipvane.dnsPort, 'voice.example.com.')
try {
  await watch.until('127.0.0.1', 5000)
  await sleep(CLEAN_MS + seconds * 1000)
  const failed = relay.dropped / (relay.dropped + relay.passed)
  process.stdout.write(
    [
      `seed ${seed}: ${seconds} s of loss, ${relay.passed} packets passed, ${relay.dropped} dropped (${(100 * failed).toFixed(0)} %)`,
      `requests that reached the primary: ${primary.requests.length}`,
      `answers asked: ${watch.answers}, moved: ${watch.moves}`,
      '',
    ].join('\n'),
  )
  if (watch.moves > 0) process.exitCode = 1
} finally {
  watch.close()
  await sipvane.stop()
  await Promise.all([relay.close(), primary.close(), standby.close()])
}
