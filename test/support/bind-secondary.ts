import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { peerPath } from './peers.ts'
import type { Secondary, SecondaryPlan } from './secondary.ts'
import { keysOf, startSecondary } from './secondary-process.ts'
import { startProcess } from './sip-process.ts'
import { KEY } from './update-server.ts'

/** BIND 9 as secondary (Debian package bind9). The caller stops it. */
export function startBindSecondary(plan: SecondaryPlan, port?: number): Promise<Secondary> {
  return startSecondary('bind2', port, (folder, own) => {
    const config = join(folder, 'named.conf')
    writeFileSync(config, configOf(plan, folder, own))
    return startProcess(peerPath('named') ?? 'named', ['-g', '-n', '1', '-c', config], folder)
  })
}

function configOf(plan: SecondaryPlan, folder: string, port: number) {
  const { zones, primary, key, source = '127.0.0.1' } = plan
  return [
    'options {',
    `  directory "${folder}";`,
    `  listen-on port ${port} { 127.0.0.1; };`,
    '  listen-on-v6 { none; };',
    '  recursion no; notify no; dnssec-validation no; empty-zones-enable no;',
    `  pid-file none; session-keyfile "${folder}/session.key"; managed-keys-directory "${folder}";`,
    `  transfer-source ${source};`,
    '  serial-query-rate 1000; min-refresh-time 1; min-retry-time 1;',
    '};',
    'controls { };',
    ...keysOf(plan).map(
      ({ name, algorithm, secret }) => `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`,
    ),
    ...zones.map(
      (zone) =>
        `zone "${zone}" { type secondary; file "${zone}.zone"; masterfile-format text; primaries { ${primary.address} port ${primary.port} key "${key.name}"; }; allow-notify { key "${KEY.name}"; }; };`,
    ),
    '',
  ].join('\n')
}
