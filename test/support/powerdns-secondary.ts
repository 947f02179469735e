import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { peerPath } from './peers.ts'
import type { Secondary, SecondaryPlan } from './secondary.ts'
import { keysOf, startSecondary } from './secondary-process.ts'
import { startProcess } from './sip-process.ts'

/** PowerDNS as secondary (Debian packages pdns-server, pdns-backend-lmdb). The caller stops it. */
export function startPowerDnsSecondary(plan: SecondaryPlan, port?: number): Promise<Secondary> {
  return startSecondary('powerdns2', port, (folder, own) => {
    writeFileSync(join(folder, 'pdns.conf'), configOf(plan, folder, own))
    const util = (...args: string[]) => {
      const program = peerPath('pdnsutil') ?? 'pdnsutil'
      const { status, stderr, error } = spawnSync(program, [`--config-dir=${folder}`, ...args], {
        encoding: 'utf8',
      })
      if (status !== 0) throw error ?? new Error(`pdnsutil ${args[0]}: ${stderr}`)
    }
    const { zones, primary, key } = plan
    for (const { name, algorithm, secret } of keysOf(plan)) util('import-tsig-key', name, algorithm, secret)
    for (const zone of zones) {
      util('create-secondary-zone', zone, `${primary.address}:${primary.port}`)
      util('activate-tsig-key', zone, key.name, 'secondary')
      // No IXFR, which is its default: 4.7 with LMDB stops answering for a zone whose changes it took ("please run pdnsutil rectify-zone").
    }
    return startProcess(peerPath('pdns_server') ?? 'pdns_server', [`--config-dir=${folder}`], folder)
  })
}

function configOf({ source = '127.0.0.1' }: SecondaryPlan, folder: string, port: number): string {
  return [
    'launch=lmdb',
    `lmdb-filename=${folder}/pdns.lmdb`,
    'lmdb-shards=1',
    `socket-dir=${folder}`,
    'local-address=127.0.0.1',
    `local-port=${port}`,
    `query-local-address=${source}`,
    'security-poll-suffix=',
    'secondary=yes',
    'disable-axfr=yes',
    'guardian=no',
    'daemon=no',
    'loglevel=6',
    'receiver-threads=1',
    'distributor-threads=1',
    'xfr-cycle-interval=1',
    'dname-processing=yes',
    '',
  ].join('\n')
}
