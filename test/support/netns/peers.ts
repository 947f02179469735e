/** The programs of others in the lab's Internet: a caching resolver, a STUN server, a phone. All end with the process that starts them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { knotConfigHead } from '../knot-config.ts'
import { peerPath } from '../peers.ts'
import { type SipProcess, startProcess } from '../sip-process.ts'
import { until } from '../sip-real-time.ts'
import { KEY, zoneFile } from '../update-server.ts'
import { LINKS, PBX_NAME, REFERENCE_NAME, WORLD, ZONE } from './places.ts'

const PATIENCE_MS = 20_000

/** Where a program starts, and the words in front of its command. */
export interface Place {
  readonly launcher: readonly string[]
}

/** Unbound with its cache, as a provider of Internet access runs it: it knows both name servers of the zone. */
export function startResolver(place: Place, servers: readonly string[]): Promise<SipProcess> {
  const config = [
    'server:',
    `  interface: ${WORLD.resolver}`,
    `  outgoing-interface: ${WORLD.resolver}`,
    '  access-control: 203.0.113.0/24 allow',
    ...LINKS.map(({ outerNetwork }) => `  access-control: ${outerNetwork} allow`),
    '  do-daemonize: no',
    '  chroot: ""',
    '  username: ""',
    '  pidfile: ""',
    '  use-syslog: no',
    '  verbosity: 1',
    '  num-threads: 1',
    '  do-ip6: no',
    '  module-config: "iterator"',
    `  local-data: "${REFERENCE_NAME}. A 203.0.113.1"`,
    'remote-control:',
    '  control-enable: no',
    'stub-zone:',
    `  name: "${ZONE}"`,
    ...servers.map((address) => `  stub-addr: ${address}`),
    '',
  ].join('\n')
  return start(place, {
    command: 'unbound',
    files: { 'unbound.conf': config },
    args: (folder) => ['-d', '-c', join(folder, 'unbound.conf')],
    ready: 'start of service',
  })
}

/** Knot as primary of the zone: a managed zone somewhere in the world. */
export function startPrimary(place: Place): Promise<SipProcess> {
  const config = (folder: string) =>
    [
      ...knotConfigHead(folder, `${WORLD.primary}@53`, [KEY]),
      'acl:',
      `  - id: sipvane\n    key: ${KEY.name}\n    action: [update, transfer]`,
      'zone:',
      `  - domain: ${ZONE}\n    storage: ${folder}\n    file: zone\n    acl: sipvane\n    zonefile-sync: -1\n    zonefile-load: whole`,
      '',
    ].join('\n')
  return start(place, {
    command: 'knotd',
    files: { 'knot.conf': config, zone: zoneFile({ name: ZONE, records: '' }) },
    args: (folder) => ['-c', join(folder, 'knot.conf')],
    ready: 'server started',
  })
}

export function startStunServer(place: Place): Promise<SipProcess> {
  return start(place, {
    command: 'turnserver',
    files: {},
    args: (folder) => [
      ...['-n', '--stun-only', '--no-cli', '--no-tls', '--no-dtls', '--fingerprint', '--log-file', 'stdout'],
      ...WORLD.stun.flatMap((address) => ['--listening-ip', address]),
      ...['--pidfile', join(folder, 'pid'), '--userdb', join(folder, 'turndb')],
    ],
    ready: 'Total General servers',
  })
}

/** Baresip, registering by the PBX's name; it looks the name up by itself, at the resolver, each time that it registers. */
export function startPhone(place: Place, expiresS: number): Promise<SipProcess> {
  const config = [
    'poll_method epoll',
    `sip_listen ${WORLD.phone}:5062`,
    `dns_server ${WORLD.resolver}:53`,
    `net_interface ${WORLD.phone}`,
    'module_path /usr/lib/baresip/modules',
    'module_app account.so',
    '',
  ].join('\n')
  return start(place, {
    command: 'baresip',
    files: {
      config,
      accounts: `<sip:phone@${PBX_NAME}:5060>;regint=${expiresS};auth_pass=none\n`,
      contacts: '',
    },
    args: (folder) => ['-f', folder, '-v'],
    ready: 'baresip is ready',
  })
}

interface Program {
  readonly command: string
  /** By name, each its text, or what makes it out of the folder. */
  readonly files: Readonly<Record<string, string | ((folder: string) => string)>>
  readonly args: (folder: string) => readonly string[]
  /** What it writes when it works. */
  readonly ready: string
}

async function start({ launcher }: Place, { command, files, args, ready }: Program): Promise<SipProcess> {
  const folder = await mkdtemp(join(tmpdir(), `sipvane-${command}-`))
  for (const [name, text] of Object.entries(files))
    await writeFile(join(folder, name), typeof text === 'string' ? text : text(folder))
  const [program = '', ...rest] = [...launcher, peerPath(command) ?? command, ...args(folder)]
  const child = startProcess(program, rest, folder)
  const stop = async () => {
    await child.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await until(() => child.output().includes(ready), `${command} to be ready`, PATIENCE_MS)
  } catch (error) {
    await stop()
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${child.output()}`)
  }
  return { output: child.output, stop }
}
