import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { peerPath } from './peers.ts'
import { startProcess } from './sip-process.ts'
import {
  IDLE,
  KEY,
  KEYS,
  startUpdateServer,
  UPDATE_ONLY,
  type UpdateServer,
  type ZoneText,
  zoneFile,
} from './update-server.ts'

export interface BindZone extends ZoneText {
  /** Instead of `allow-update` for all of the zone: the lines of an `update-policy`. */
  readonly policy?: string
}

/** BIND 9 as primary of these zones (Debian package bind9). The caller stops it. */
export function startBind(zones: readonly BindZone[]): Promise<UpdateServer> {
  return startUpdateServer('bind', zones, (folder, port) => {
    for (const zone of zones) writeFileSync(join(folder, `${zone.name}.zone`), zoneFile(zone))
    const config = join(folder, 'named.conf')
    writeFileSync(config, configOf(zones, folder, port))
    return startProcess(peerPath('named') ?? 'named', ['-g', '-n', '1', '-c', config], folder)
  })
}

function configOf(zones: readonly BindZone[], folder: string, port: number): string {
  const keys = KEYS.map(
    ({ name, algorithm, secret }) => `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`,
  )
  return [
    'options {',
    `  directory "${folder}";`,
    `  listen-on port ${port} { 127.0.0.1; };`,
    '  listen-on-v6 { none; };',
    '  recursion no; notify no; dnssec-validation no; empty-zones-enable no; check-integrity no;',
    `  pid-file none; session-keyfile "${folder}/session.key"; managed-keys-directory "${folder}";`,
    `  allow-transfer { key ${KEY.name}; };`,
    '};',
    'controls { };',
    ...keys,
    ...zones.map(({ name, policy }) => {
      const access =
        policy === undefined
          ? `allow-update { !key ${IDLE.name}; key ${KEY.name}; key ${UPDATE_ONLY.name}; };`
          : `update-policy { ${policy} };`
      return `zone "${name}" { type primary; file "${name}.zone"; ${access} };`
    }),
    '',
  ].join('\n')
}
