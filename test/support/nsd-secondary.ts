import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { peerPath } from './peers.ts'
import type { Secondary, SecondaryPlan } from './secondary.ts'
import { keysOf, startSecondary } from './secondary-process.ts'
import { startProcess } from './sip-process.ts'
import { KEY } from './update-server.ts'

/** NSD as secondary (Debian package nsd). The caller stops it. */
export function startNsdSecondary(plan: SecondaryPlan, port?: number): Promise<Secondary> {
  return startSecondary('nsd2', port, (folder, own) => {
    const config = join(folder, 'nsd.conf')
    writeFileSync(config, configOf(plan, folder, own))
    return startProcess(peerPath('nsd') ?? 'nsd', ['-d', '-c', config], folder)
  })
}

function configOf(plan: SecondaryPlan, folder: string, port: number) {
  const { zones, primary, key, source = '127.0.0.1' } = plan
  return [
    'server:',
    `    ip-address: 127.0.0.1@${port}`,
    '    server-count: 1',
    '    username: ""',
    `    zonesdir: "${folder}"`,
    '    database: ""',
    '    logfile: ""',
    '    log-only-syslog: no',
    '    pidfile: ""',
    '    verbosity: 2',
    `    xfrdfile: "${folder}/xfrd.state"`,
    `    xfrdir: "${folder}"`,
    `    zonelistfile: "${folder}/zone.list"`,
    // NSD gathers changes for a second before it loads them; a phone should not wait for that.
    '    xfrd-reload-timeout: 0',
    'remote-control:',
    '    control-enable: no',
    ...keysOf(plan).map(
      ({ name, algorithm, secret }) =>
        `key:\n    name: ${name}\n    algorithm: ${algorithm}\n    secret: "${secret}"`,
    ),
    ...zones.flatMap((zone) => [
      'zone:',
      `    name: ${zone}`,
      `    zonefile: ${zone}.zone`,
      `    allow-notify: 127.0.0.0/8 ${KEY.name}`,
      `    request-xfr: ${primary.address}@${primary.port} ${key.name}`,
      `    outgoing-interface: ${source}`,
    ]),
    '',
  ].join('\n')
}
