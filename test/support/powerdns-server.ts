import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { peerPath } from './peers.ts'
import { startProcess } from './sip-process.ts'
import {
  KEY,
  KEYS,
  startUpdateServer,
  UPDATE_ONLY,
  type UpdateServer,
  type ZoneText,
  zoneFile,
} from './update-server.ts'

/** PowerDNS as primary of these zones (Debian packages pdns-server, pdns-backend-lmdb). The caller stops it. */
export function startPowerDns(zones: readonly ZoneText[]): Promise<UpdateServer> {
  return startUpdateServer('powerdns', zones, (folder, port) => {
    writeFileSync(join(folder, 'pdns.conf'), configOf(folder, port))
    const util = (...args: string[]) => {
      const { status, stderr, error } = spawnSync(
        peerPath('pdnsutil') ?? 'pdnsutil',
        [`--config-dir=${folder}`, ...args],
        { encoding: 'utf8' },
      )
      if (status !== 0) throw error ?? new Error(`pdnsutil ${args[0]}: ${stderr}`)
    }
    for (const { name, algorithm, secret } of KEYS) util('import-tsig-key', name, algorithm, secret)
    for (const zone of zones) {
      const file = join(folder, `${zone.name}.zone`)
      writeFileSync(file, zoneFile(zone))
      util('load-zone', zone.name, file)
      util('set-meta', zone.name, 'ALLOW-DNSUPDATE-FROM', '127.0.0.0/8')
      util('set-meta', zone.name, 'TSIG-ALLOW-DNSUPDATE', KEY.name, UPDATE_ONLY.name)
      util('set-meta', zone.name, 'TSIG-ALLOW-AXFR', KEY.name)
    }
    return startProcess(peerPath('pdns_server') ?? 'pdns_server', [`--config-dir=${folder}`], folder)
  })
}

function configOf(folder: string, port: number): string {
  return [
    'launch=lmdb',
    `lmdb-filename=${folder}/pdns.lmdb`,
    'lmdb-shards=1',
    `socket-dir=${folder}`,
    'local-address=127.0.0.1',
    `local-port=${port}`,
    'security-poll-suffix=',
    'dnsupdate=yes',
    'allow-dnsupdate-from=',
    // Empty: transfers are for those with a key alone.
    'allow-axfr-ips=',
    'disable-axfr=no',
    'guardian=no',
    'daemon=no',
    'loglevel=5',
    'receiver-threads=1',
    'distributor-threads=1',
    '',
  ].join('\n')
}
