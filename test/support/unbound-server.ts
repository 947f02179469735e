import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SocketAddress } from '../../src/core/settings.ts'
import { until } from './dns-client.ts'
import { peerPath } from './peers.ts'
import { startProcess } from './sip-process.ts'
import { portFreeForBoth } from './update-server.ts'

const PATIENCE_MS = 15_000

export interface Resolver {
  readonly at: SocketAddress
  /** What it logged. */
  output(): string
  stop(): Promise<void>
}

/**
 * Unbound (Debian package unbound) as resolver in front of `authority` for these zones, as suspicious as it gets: it mixes the case of what
 * it asks (0x20), asks label by label (RFC 9156), and believes that nothing is below a name that is not there (RFC 8020).
 */
export async function startUnbound(authority: SocketAddress, zones: readonly string[]): Promise<Resolver> {
  const folder = await mkdtemp(join(tmpdir(), 'sipvane-unbound-'))
  const at = { address: '127.0.0.1', port: await portFreeForBoth() }
  const config = join(folder, 'unbound.conf')
  await writeFile(config, configOf(at, authority, zones, folder))
  const child = startProcess(peerPath('unbound') ?? 'unbound', ['-d', '-c', config], folder)
  const stop = async () => {
    await child.stop()
    await rm(folder, { recursive: true, force: true })
  }
  if (await until(() => child.output().includes('start of service'), PATIENCE_MS))
    return { at, output: child.output, stop }
  const output = child.output()
  await stop()
  throw new Error(`unbound did not start:\n${output}`)
}

function configOf(
  at: SocketAddress,
  authority: SocketAddress,
  zones: readonly string[],
  folder: string,
): string {
  return [
    'server:',
    `  interface: ${at.address}@${at.port}`,
    '  access-control: 127.0.0.0/8 allow',
    '  do-daemonize: no',
    '  chroot: ""',
    '  username: ""',
    '  pidfile: ""',
    '  use-syslog: no',
    `  directory: "${folder}"`,
    '  verbosity: 1',
    '  do-ip6: no',
    '  do-not-query-localhost: no',
    '  module-config: "iterator"',
    '  use-caps-for-id: yes',
    '  qname-minimisation: yes',
    '  qname-minimisation-strict: yes',
    '  harden-below-nxdomain: yes',
    // Else it answers for .test by itself.
    '  local-zone: "test." nodefault',
    'remote-control:',
    '  control-enable: no',
    ...zones.flatMap((zone) => [
      'stub-zone:',
      `  name: "${zone}"`,
      `  stub-addr: ${authority.address}@${authority.port}`,
    ]),
    '',
  ].join('\n')
}
