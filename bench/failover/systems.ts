import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerPath } from '../../test/support/peers.ts'
import type { Fault } from './faults.ts'
import type { Stage } from './stage.ts'

export const ZONE = 'voice.example.com'

export interface RunningSystem {
  readonly dnsPort: number
  stop(): Promise<void>
}

/** Something that answers NAME with the address of a server that works. */
export interface System {
  readonly name: string
  /** Why it is not compared: not installed, or it cannot check over this transport at all. */
  missing(fault: Fault): string | undefined
  /** From one check to the next, in milliseconds: faults are spread evenly over it. */
  periodMs(fault: Fault): number
  start(stage: Stage, fault: Fault): Promise<RunningSystem>
}

/** gdnsd checks that a TCP port opens; its least interval and thresholds are used. */
const gdnsd: System = {
  name: 'gdnsd',
  missing: (fault) => missingPeer('gdnsd', fault),
  periodMs: () => 2000,
  async start(stage) {
    const dir = await mkdtemp(join(tmpdir(), 'sipvane-gdnsd-'))
    const port = await freePort()
    await mkdir(join(dir, 'zones'))
    await writeFile(
      join(dir, 'config'),
      `options => { listen => 127.0.0.1:${port}, run_dir => ${dir}/run, state_dir => ${dir}/state }
service_types => { sip => { plugin => tcp_connect, port => ${stage.port}, interval => 2, timeout => 1, up_thresh => 2, ok_thresh => 1, down_thresh => 1 } }
plugins => { simplefo => { edge => { service_types => sip, primary => ${stage.primaryAddress}, secondary => ${stage.standbyAddress} } } }
`,
    )
    await writeFile(
      join(dir, 'zones', 'voice.example.com'),
      `@ SOA ns1.example.net. hostmaster.example.net. 1 7200 1800 259200 15\n@ NS ns1.example.net.\n@ 1 DYNA simplefo!edge\n`,
    )
    await mkdir(join(dir, 'run'))
    await mkdir(join(dir, 'state'))
    return started(spawn(peerPath('gdnsd') ?? '', ['-c', dir, 'start'], { stdio: 'ignore' }), dir, port)
  },
}

/**
 * PowerDNS Lua records check that a TCP port opens, once a second at the most; this version has no order of preference, so it serves all
 * that are up.
 */
const powerdns: System = {
  name: 'PowerDNS Lua',
  missing: (fault) => missingPeer('pdns_server', fault),
  periodMs: () => 1000,
  async start(stage) {
    const dir = await mkdtemp(join(tmpdir(), 'sipvane-pdns-'))
    const port = await freePort()
    const lua = `ifportup(${stage.port}, {'${stage.primaryAddress}', '${stage.standbyAddress}'}, {interval=1, timeout=1, selector='all'})`
    await writeFile(
      join(dir, 'zone'),
      `$ORIGIN voice.example.com.\n@ 1 IN SOA ns1.example.net. hostmaster 1 7200 1800 259200 15\n@ IN NS ns1.example.net.\n@ 1 IN LUA A "${lua}"\n`,
    )
    await writeFile(
      join(dir, 'named.conf'),
      `zone "voice.example.com" { type master; file "${dir}/zone"; };\n`,
    )
    await writeFile(
      join(dir, 'pdns.conf'),
      `launch=bind\nbind-config=${dir}/named.conf\nsocket-dir=${dir}\nlocal-address=127.0.0.1\nlocal-port=${port}\nenable-lua-records=yes\nlua-health-checks-interval=1\ncache-ttl=0\nquery-cache-ttl=0\n`,
    )
    const args = [`--config-dir=${dir}`, '--daemon=no', '--guardian=no', '--disable-syslog', '--loglevel=0']
    return started(spawn(peerPath('pdns_server') ?? '', args, { stdio: 'ignore' }), dir, port)
  },
}

export const PEERS: readonly System[] = [gdnsd, powerdns]

/** A check that opens a TCP port and closes it goes the same way whatever would be spoken there: one row tells. */
export function worthARow({ transport, key }: Fault): boolean {
  return transport === 'udp' || transport === 'tcp' || key === 'certificate'
}

function missingPeer(command: string, { transport }: Fault): string | undefined {
  if (peerPath(command) === undefined) return 'not installed'
  return transport === 'udp' ? 'checks TCP ports only' : undefined
}

function started(child: ChildProcess, dir: string, dnsPort: number): RunningSystem {
  return {
    dnsPort,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      }
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
