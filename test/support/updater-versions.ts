import type { Wanted } from '../../src/publishers/reconcile/wanted.ts'
import { wantedOf } from './provider-driver.ts'

const ORIGIN = 'voice.example.com.'
const HOSTS = 12

/** Every version has other hosts and other addresses. */
export function version(count: number): Wanted {
  const lines = Array.from({ length: HOSTS }, (_, at) => at)
    .filter((at) => (at + count) % 3 !== 0)
    .flatMap((at) => [
      `h${at} IN A 192.0.2.${(at + count * 7) % 200}`,
      `_sip._udp IN SRV ${at} ${count % 50} 5060 h${at}`,
    ])
  const wanted = wantedOf(lines.join('\n'), ORIGIN)
  return { ...wanted, names: new Set([...wanted.names, ...wantedOf(allNames(), ORIGIN).names]) }
}

function allNames(): string {
  return Array.from({ length: HOSTS }, (_, at) => `h${at} IN A 192.0.2.1`).join('\n')
}
