import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { peerPath } from '../../test/support/peers.ts'
import { commandPath } from '../../test/support/sipvane-process.ts'
import { MASTER_FILE, RECORDS, zoneNames } from './zones.ts'

/** A server under test: one thread that answers, everything else as it comes. */
export interface Server {
  readonly name: string
  /** The program, where it has to be installed, and the Debian package that has it. */
  readonly command?: string
  readonly debianPackage?: string
  /** Writes its configuration for `zones` zones into `folder`; the command line that then serves them on `port` of 127.0.0.1. */
  prepare(folder: string, port: number, zones: number): readonly string[]
}

const sipvane = (name: string, io: 'batch' | 'dgram'): Server => ({
  name,
  prepare(folder, port, zones) {
    const file = join(folder, 'sipvane.yaml')
    const records = RECORDS.trimEnd().replace(/^/gm, '      ')
    const entries = zoneNames(zones).map((zone) =>
      [`  ${zone}.:`, `    nameservers: [ns1.${zone}., ns2.${zone}.]`, '    records: |', records].join('\n'),
    )
    writeFileSync(
      file,
      `node: bench\ndns: { listen: ["127.0.0.1:${port}"], io: ${io}, workers: 1 }\nzones:\n${entries.join('\n')}\n`,
    )
    return [
      process.execPath,
      commandPath(),
      'run',
      '-c',
      file,
      '--log-level',
      'error',
      '--log-format',
      'json',
    ]
  },
})

const gdnsd: Server = {
  name: 'gdnsd',
  command: 'gdnsd',
  debianPackage: 'gdnsd',
  prepare(folder, port, zones) {
    for (const name of ['zones', 'run', 'state']) mkdirSync(join(folder, name))
    writeFileSync(
      join(folder, 'config'),
      `options => { listen => { 127.0.0.1:${port} => { udp_threads => 1, tcp_threads => 1 } }, run_dir => ${folder}/run, state_dir => ${folder}/state }\n`,
    )
    const shared = masterFile(folder)
    for (const zone of zoneNames(zones)) symlinkSync(shared, join(folder, 'zones', zone))
    return ['-c', folder, 'start']
  },
}

const knot: Server = {
  name: 'Knot',
  command: 'knotd',
  debianPackage: 'knot',
  prepare(folder, port, zones) {
    const file = join(folder, 'knot.conf')
    const server = `server:\n  rundir: ${folder}\n  listen: 127.0.0.1@${port}\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n`
    const template = `database:\n  storage: ${folder}\ntemplate:\n  - id: default\n    file: ${masterFile(folder)}\n    zonefile-sync: -1\n    zonefile-load: whole\n    journal-content: none\n`
    const list = zoneNames(zones).map((zone) => `  - domain: ${zone}`)
    writeFileSync(file, `${server}${template}zone:\n${list.join('\n')}\n`)
    return ['-c', file]
  },
}

const nsd: Server = {
  name: 'NSD',
  command: 'nsd',
  debianPackage: 'nsd',
  prepare(folder, port, zones) {
    const file = join(folder, 'nsd.conf')
    const server = `server:\n  ip-address: 127.0.0.1@${port}\n  server-count: 1\n  username: ""\n  database: ""\n  pidfile: ""\n  zonesdir: "${folder}"\n  xfrdfile: ""\n  zonelistfile: "${folder}/list"\n  rrl-ratelimit: 0\nremote-control:\n  control-enable: no\n`
    const shared = masterFile(folder)
    const list = zoneNames(zones).map((zone) => `zone:\n  name: ${zone}\n  zonefile: ${shared}`)
    writeFileSync(file, `${server}${list.join('\n')}\n`)
    return ['-d', '-c', file]
  },
}

const bind: Server = {
  name: 'BIND',
  command: 'named',
  debianPackage: 'bind9',
  prepare(folder, port, zones) {
    const file = join(folder, 'named.conf')
    const options = `options { directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; recursion no; notify no; allow-transfer { none; }; dnssec-validation no; }; controls {};\n`
    const shared = masterFile(folder)
    const list = zoneNames(zones).map((zone) => `zone "${zone}" { type primary; file "${shared}"; };`)
    writeFileSync(file, `${options}${list.join('\n')}\n`)
    return ['-f', '-n', '1', '-c', file]
  },
}

/** Its health checks are Lua records, so the address that is asked for is one. */
const powerdns: Server = {
  name: 'PowerDNS Lua',
  command: 'pdns_server',
  debianPackage: 'pdns-backend-bind',
  prepare(folder, port, zones) {
    const lua = masterFile(
      folder,
      MASTER_FILE.replace('@ 30 IN A 192.0.2.11', `@ 30 IN LUA A "'192.0.2.11'"`),
    )
    const list = zoneNames(zones).map((zone) => `zone "${zone}" { type master; file "${lua}"; };`)
    writeFileSync(join(folder, 'named.conf'), `${list.join('\n')}\n`)
    writeFileSync(
      join(folder, 'pdns.conf'),
      `launch=bind\nbind-config=${folder}/named.conf\nsocket-dir=${folder}\nlocal-address=127.0.0.1\nlocal-port=${port}\nenable-lua-records=yes\nreceiver-threads=1\ndistributor-threads=1\nversion-string=anonymous\n`,
    )
    return [`--config-dir=${folder}`, '--daemon=no', '--guardian=no', '--disable-syslog', '--loglevel=0']
  },
}

export const SERVERS: readonly Server[] = [
  sipvane('sipvane', 'batch'),
  sipvane('sipvane, node:dgram', 'dgram'),
  gdnsd,
  knot,
  nsd,
  bind,
  powerdns,
]

/** Those that can be run here. */
export function installed(): readonly Server[] {
  return SERVERS.filter(({ command }) => command === undefined || peerPath(command) !== undefined)
}

function masterFile(folder: string, text = MASTER_FILE): string {
  const file = join(folder, 'zone')
  writeFileSync(file, text)
  return file
}
