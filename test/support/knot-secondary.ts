import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { knotConfigHead } from './knot-config.ts'
import { peerPath } from './peers.ts'
import type { Secondary, SecondaryPlan } from './secondary.ts'
import { keysOf, startSecondary } from './secondary-process.ts'
import { startProcess } from './sip-process.ts'
import { KEY } from './update-server.ts'

/** Knot DNS as secondary (Debian package knot). The caller stops it. */
export function startKnotSecondary(plan: SecondaryPlan, port?: number): Promise<Secondary> {
  return startSecondary('knot2', port, (folder, own) => {
    const config = join(folder, 'knot.conf')
    writeFileSync(config, configOf(plan, folder, own))
    return startProcess(peerPath('knotd') ?? 'knotd', ['-c', config], folder)
  })
}

function configOf(plan: SecondaryPlan, folder: string, port: number) {
  const { zones, primary, key, source = '127.0.0.1' } = plan
  return [
    ...knotConfigHead(folder, `127.0.0.1@${port}`, keysOf(plan)),
    'remote:',
    `  - id: sipvane\n    address: ${primary.address}@${primary.port}\n    via: ${source}\n    key: ${key.name}`,
    'acl:',
    `  - id: told\n    key: ${KEY.name}\n    action: notify`,
    'template:',
    `  - id: default\n    storage: ${folder}\n    file: "%s.zone"\n    master: sipvane\n    acl: told\n    zonefile-sync: -1`,
    'zone:',
    ...zones.map((zone) => `  - domain: ${zone}`),
    '',
  ].join('\n')
}
