import { startSipvane } from '../../test/support/sipvane-process.ts'
import { issuerPath } from '../../test/support/tls-fixtures.ts'
import type { Check, Transport } from './faults.ts'
import type { Stage } from './stage.ts'
import { type System, ZONE } from './systems.ts'

/** A call needs its time: 200 ms of audio, and the 800 ms that the probe keeps back for its end. */
const MEDIA_PERIOD_MS = 1500

/**
 * sipvane at an interval of one second and `fall: 3`, `failback` and damping out of the way of the next round. `seeing`: instead of the
 * probes that fit the fault, so that the bench can be shown to fail.
 */
export function sipvane(seeing?: Check): System {
  return {
    name: 'sipvane',
    missing: () => undefined,
    periodMs: ({ check }) => ((seeing ?? check) === 'media' ? MEDIA_PERIOD_MS : 1000),
    async start(stage, fault) {
      const running = await startSipvane(configOf(stage, seeing ?? fault.check))
      return { dnsPort: running.dnsPort, stop: () => running.stop().then(() => {}) }
    },
  }
}

function configOf(stage: Stage, check: Check): string {
  const probes = ['options', ...(check === 'options' ? [] : [check])] as const
  const { transport, port } = stage
  return `
node: bench
dns: { listen: ["127.0.0.1:0"] }
admin: { listen: "127.0.0.1:0" }
probes:
${probes.map((probe) => `  ${probe}: { ${LINES[probe](transport)}, fall: 3 }`).join('\n')}
pools:
  edge:
    policy: failover
    probes: [${probes.join(', ')}]
    failback: { mode: auto, delay: 10ms }
    damping: off
    targets:
      sip1: { address: ${stage.primaryAddress}, ports: { ${transport}: ${port} }, priority: 10 }
      sip2: { address: ${stage.standbyAddress}, ports: { ${transport}: ${port} }, priority: 20 }
zones:
  ${ZONE}:
    nameservers: [ns1.example.net.]
    answers:
      - { name: "@", type: A, pool: edge }
`
}

const LINES: Readonly<Record<Check, (transport: Transport) => string>> = {
  options: (transport) => `type: sip-options, ${way(transport)}, interval: 1s`,
  register: (transport) => `type: sip-register, ${way(transport)}, user: probe, interval: 1s, timeout: 500ms`,
  media: (transport) =>
    `type: rtp-echo, ${way(transport)}, extension: "9196", duration: 200ms, interval: ${MEDIA_PERIOD_MS}ms, timeout: 1200ms`,
  certificate: () => `type: tls, ${TLS}, interval: 1s, timeout: 500ms`,
}

const TLS = `ca: ${issuerPath}, serverName: sip.example.test`

function way(transport: Transport): string {
  return `transport: ${transport}${transport === 'tls' || transport === 'wss' ? `, ${TLS}` : ''}`
}
