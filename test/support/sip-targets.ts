import { targetId } from '../../src/core/brand.ts'
import type { Target } from '../../src/core/target.ts'

/** A target whose every port is `port`. */
export function labTarget(port: number, rest: Partial<Target> = {}): Target {
  return {
    id: targetId('edge', 'sip1'),
    pool: 'edge',
    name: 'sip1',
    addresses: ['127.0.0.1'],
    ports: { udp: port, tcp: port, tls: port, ws: port, wss: port },
    priority: 10,
    weight: 100,
    ...rest,
  }
}
