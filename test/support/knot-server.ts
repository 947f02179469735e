import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { knotConfigHead } from './knot-config.ts'
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

/** Knot DNS as primary of these zones (Debian package knot). The caller stops it. */
export function startKnot(zones: readonly ZoneText[]): Promise<UpdateServer> {
  return startUpdateServer('knot', zones, (folder, port) => {
    for (const zone of zones) writeFileSync(join(folder, `${zone.name}.zone`), zoneFile(zone))
    const config = join(folder, 'knot.conf')
    writeFileSync(config, configOf(zones, folder, port))
    return startProcess(peerPath('knotd') ?? 'knotd', ['-c', config], folder)
  })
}

function configOf(zones: readonly ZoneText[], folder: string, port: number): string {
  return [
    ...knotConfigHead(folder, `127.0.0.1@${port}`, KEYS),
    'acl:',
    `  - id: all\n    key: ${KEY.name}\n    action: [update, transfer]`,
    `  - id: only\n    key: ${UPDATE_ONLY.name}\n    action: update`,
    'template:',
    `  - id: default\n    storage: ${folder}\n    file: "%s.zone"\n    acl: [all, only]\n    zonefile-sync: -1\n    zonefile-load: whole`,
    'zone:',
    ...zones.map(({ name }) => `  - domain: ${name}`),
    '',
  ].join('\n')
}
