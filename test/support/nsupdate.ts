import { spawnSync } from 'node:child_process'
import type { SocketAddress } from '../../src/core/settings.ts'
import { KEY, type UpdateKey } from './update-server.ts'

/** Somebody else's change, by BIND's own tool (Debian package bind9-dnsutils). Throws where the server did not accept it. */
export function nsupdate(
  at: SocketAddress,
  zone: string,
  lines: readonly string[],
  key: UpdateKey = KEY,
): void {
  const input = [`server ${at.address} ${at.port}`, `zone ${zone}`, ...lines, 'send', ''].join('\n')
  const run = spawnSync('nsupdate', ['-y', `${key.algorithm}:${key.name}:${key.secret}`], {
    input,
    encoding: 'utf8',
    timeout: 15_000,
  })
  if (run.status !== 0) throw run.error ?? new Error(`nsupdate: ${run.stdout}${run.stderr}`)
}

/** What dig prints with `+short`, sorted; over TCP, without recursion. */
export function dig(at: SocketAddress, ...args: readonly string[]): string[] {
  const where = [`@${at.address}`, '-p', String(at.port), '+norec', '+tcp', '+tries=1', '+time=5']
  const run = spawnSync('dig', [...where, ...args], { encoding: 'utf8', timeout: 15_000 })
  if (run.status !== 0) throw run.error ?? new Error(`dig: ${run.stdout}${run.stderr}`)
  return run.stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort()
}

export function serialAt(at: SocketAddress, zone: string): number {
  return Number(dig(at, zone, 'SOA', '+short')[0]?.split(' ')[2])
}
