import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SocketAddress } from '../../src/core/settings.ts'
import { askByDatagram } from '../../src/publishers/providers/rfc2136/datagram.ts'
import { queryOf } from './dns-query.ts'
import { freePort, type SipProcess } from './sip-process.ts'
import { realTime } from './sip-real-time.ts'

/** A key that the server knows, in the words of the configuration. */
export interface UpdateKey {
  readonly name: string
  readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512'
  readonly secret: string
}

/** May update and transfer the zones. */
export const KEY: UpdateKey = {
  name: 'update-key',
  algorithm: 'hmac-sha256',
  secret: Buffer.from('an update key of thirty-two octs').toString('base64'),
}

/** May update, but not transfer. */
export const UPDATE_ONLY: UpdateKey = {
  name: 'update-only',
  algorithm: 'hmac-sha512',
  secret: Buffer.from('a second key, which is longer than the first one').toString('base64'),
}

/** Known, and may nothing. */
export const IDLE: UpdateKey = {
  name: 'idle-key',
  algorithm: 'hmac-sha384',
  secret: Buffer.from('a third key that may do nothing ').toString('base64'),
}

export const KEYS = [KEY, UPDATE_ONLY, IDLE] as const

export interface ZoneText {
  readonly name: string
  /** Master-file text; SOA and NS are put in front. */
  readonly records: string
}

/** The whole master file. */
export function zoneFile({ name, records }: ZoneText): string {
  return [
    `$ORIGIN ${name}.`,
    '$TTL 300',
    '@ 300 IN SOA ns1 hostmaster 100 3600 600 86400 15',
    '@ 300 IN NS ns1',
    'ns1 300 IN A 127.0.0.1',
    records,
    '',
  ].join('\n')
}

/** A real name server that takes updates, on loopback, with files of its own. */
export interface UpdateServer {
  readonly at: SocketAddress
  /** What it logged. */
  output(): string
  stop(): Promise<void>
}

const PATIENCE_MS = 15_000
/** What these servers log when somebody else has the port. */
const PORT_TAKEN =
  /address (already )?in use|cannot bind|could not be bound|Address already in use|unable to bind/i

/**
 * Starts a server in a folder of its own and waits until it answers for its first zone. `launch` writes its files and starts it;
 * a port that somebody else took meanwhile is tried again with another.
 */
export async function startUpdateServer(
  name: string,
  zones: readonly ZoneText[],
  launch: (folder: string, port: number) => Promise<SipProcess> | SipProcess,
): Promise<UpdateServer> {
  for (let attempt = 1; ; attempt++) {
    const folder = await mkdtemp(join(tmpdir(), `sipvane-${name}-`))
    const at = { address: '127.0.0.1', port: await portFreeForBoth() }
    const process = await launch(folder, at.port)
    const stop = async () => {
      await process.stop()
      await rm(folder, { recursive: true, force: true })
    }
    if (await answers(at, zones[0]?.name ?? '.', process)) return { at, output: process.output, stop }
    const output = process.output()
    await stop()
    if (attempt === 5 || !PORT_TAKEN.test(output)) throw new Error(`${name} did not start:\n${output}`)
  }
}

async function answers(at: SocketAddress, zone: string, process: SipProcess): Promise<boolean> {
  const endMs = performance.now() + PATIENCE_MS
  const options = { timers: realTime, timeoutMs: 500, signal: new AbortController().signal }
  while (performance.now() < endMs && !PORT_TAKEN.test(process.output())) {
    const reply = await askByDatagram(at, queryOf(zone, 'SOA'), options, (bytes) => bytes)
    // Authoritative, and without an error.
    if (reply !== undefined && ((reply[2] ?? 0) & 0x84) === 0x84 && ((reply[3] ?? 0) & 0x0f) === 0)
      return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

/** A port of 127.0.0.1 that was free for UDP and for TCP a moment ago. */
export async function portFreeForBoth(): Promise<number> {
  for (;;) {
    const port = await freePort()
    const tcp = createServer().listen(port, '127.0.0.1')
    const free = await once(tcp, 'listening').then(
      () => true,
      () => false,
    )
    if (!free) continue
    tcp.close()
    await once(tcp, 'close')
    return port
  }
}
