import type { Order } from '../support/lab-process.ts'

export type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

/** By what sipvane looks: `options` alone, or beside it the kind of probe that is made for the fault. */
export type Check = 'options' | 'register' | 'media' | 'certificate'

export interface Fault {
  /** To choose rows by: `npm run bench:failover -- 20 killed,media`. */
  readonly key: string
  readonly name: string
  readonly transport: Transport
  readonly check: Check
  /** What happens to the primary: its process is killed or stopped, or told to behave otherwise. */
  readonly how: 'kill' | 'stop' | Order
  /** Median in seconds that the project asks of itself. */
  readonly goalS?: number
  /** The server lives: no answer may move. */
  readonly harmless?: true
}

type Rest = Partial<Pick<Fault, 'check' | 'goalS' | 'harmless'>>

function over(
  transports: readonly Transport[],
  [key, name]: readonly [string, string],
  how: Fault['how'],
  rest: (transport: Transport) => Rest = () => ({}),
): readonly Fault[] {
  return transports.map((transport) => ({
    key,
    name,
    transport,
    how,
    check: 'options',
    ...rest(transport),
  }))
}

const STREAMS = ['tcp', 'tls', 'wss'] as const
/** A held connection that breaks is noticed at once. */
const BROKEN_S = 0.15

export const FAULTS: readonly Fault[] = [
  ...over(['udp', 'tcp', 'tls', 'ws', 'wss'], ['killed', 'process killed'], 'kill', (transport) => ({
    goalS: transport === 'udp' ? 0.8 : BROKEN_S,
  })),
  ...over(['udp', ...STREAMS], ['silent', 'process stopped, port open'], 'stop', (transport) =>
    transport === 'udp' ? { goalS: 1.6 } : {},
  ),
  ...over(STREAMS, ['hung', 'accepts, never answers'], 'hang'),
  ...over(STREAMS, ['reset', 'resets connections'], 'reset', () => ({ goalS: BROKEN_S })),
  ...over(['udp', ...STREAMS], ['503', 'answers 503'], 'unavailable', (transport) =>
    transport === 'udp' ? { goalS: 0.8 } : {},
  ),
  ...over(
    ['udp', 'tcp', 'tls'],
    ['database', '**database gone** (OPTIONS 200, REGISTER 500)'],
    'database-gone',
    () => ({
      check: 'register',
    }),
  ),
  ...over(['udp', 'tcp'], ['media', '**media dead**: audio one way'], 'one-way', () => ({ check: 'media' })),
  ...over(['udp'], ['media', '**media dead**: no RTP at all'], 'no-rtp', () => ({ check: 'media' })),
  ...over(['tls'], ['certificate', '**certificate expired**'], 'expire', () => ({ check: 'certificate' })),
  ...over(
    ['tls', 'wss'],
    ['certificate', '**certificate expired**, seen after a restart'],
    'restart-expired',
  ),
  ...over(['udp'], ['loss', '30 % of requests lost: not a fault'], 'lose-requests', () => ({
    harmless: true,
  })),
  ...over(['udp'], ['loss', '30 % of packets lost each way: not a fault'], 'lose-both-ways', () => ({
    harmless: true,
  })),
]

/** The rows whose key, or key and transport (`killed/tcp`), is among `wanted`, separated by commas; all where nothing is wanted. */
export function chosen(wanted: string | undefined, faults: readonly Fault[] = FAULTS): readonly Fault[] {
  if (wanted === undefined || wanted === '' || wanted === 'all') return faults
  const words = wanted.split(',')
  const unknown = words.filter(
    (word) => !faults.some(({ key, transport }) => word === key || word === `${key}/${transport}`),
  )
  if (unknown.length > 0) {
    const known = [...new Set(faults.map(({ key }) => key))].join(', ')
    throw new Error(`unknown fault ${unknown.join(', ')}; there are ${known}, each also with /TRANSPORT`)
  }
  return faults.filter(({ key, transport }) => words.includes(key) || words.includes(`${key}/${transport}`))
}
