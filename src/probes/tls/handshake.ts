import type { PeerCertificate, TLSSocket } from 'node:tls'
import type { Clock, Timers } from '../../core/ports.ts'
import type { AskContext } from '../definition.ts'
import { openTls } from '../source/sockets.ts'
import { type Cut, withinBudget } from '../transport/budget.ts'
import type { DatagramEndpoint } from '../transport/datagram-question.ts'
import { type SocketFault, socketFault } from '../transport/errno-reasons.ts'
import { connectFault } from '../transport/routes.ts'
import type { TlsParameters } from '../transport/sip-transports.ts'
import { closeTcp } from '../transport/tcp-socket.ts'
import { certificateEndsMs, handshakeFault, isTlsError, tlsOptions } from '../transport/tls-rules.ts'

/** What a finished handshake showed. The certificate is not checked against any name. */
export interface Handshake {
  readonly kind: 'shaken'
  readonly rttMs: number
  /** `TLSv1.3`. */
  readonly protocol: string
  readonly certificate: PeerCertificate
  /** Epoch milliseconds; undefined where it cannot be read. */
  readonly endsMs: number | undefined
  /** What the chain lacks; undefined where a trusted issuer vouches for it. */
  readonly chainFault: SocketFault | undefined
}

export type HandshakeEnd =
  | Handshake
  | { readonly kind: 'fault'; readonly fault: SocketFault }
  | (Cut & { connected: boolean })

/** Connects, shakes hands anew (no session is resumed), looks at the certificate and closes. Never rejects. */
export async function shakeHands(
  { address, port, source }: DatagramEndpoint,
  parameters: Omit<TlsParameters, 'verify'>,
  context: AskContext,
  deps: { readonly clock: Clock; readonly timers: Timers },
): Promise<HandshakeEnd> {
  const startMs = deps.clock.nowMs()
  // The chain's fault is told, not acted upon; names are compared by the caller, by two rules.
  const rules = {
    ...tlsOptions({ ...parameters, verify: false }, address),
    checkServerIdentity: () => undefined,
  }
  const socket = openTls(address, port, source, rules)
  let connected = false
  type Said = Handshake | { readonly kind: 'error'; readonly error: unknown } | { readonly kind: 'closed' }
  const end = await withinBudget<Said>(context, deps.timers, (settle) => {
    socket.once('connect', () => {
      connected = true
    })
    socket.once('secureConnect', () => settle(shown(socket, deps.clock.nowMs() - startMs)))
    socket.on('error', (error) => settle({ kind: 'error', error }))
    socket.on('close', () => settle({ kind: 'closed' }))
    socket.on('end', () => settle({ kind: 'closed' }))
  })
  await closeTcp(socket)
  switch (end.kind) {
    case 'error':
      return { kind: 'fault', fault: await faultOf(end.error, connected, address, source) }
    case 'closed': {
      const detail = 'the far end closed in the middle of the TLS handshake'
      return { kind: 'fault', fault: { reason: 'tls-handshake', detail } }
    }
    case 'timeout':
    case 'aborted':
      return { ...end, connected }
    case 'shaken':
      return end
  }
}

function shown(socket: TLSSocket, rttMs: number): Handshake {
  // Typed as an Error, it is the verifier's code.
  const code: unknown = socket.authorizationError
  const chainFault = socket.authorized ? undefined : handshakeFault({ code: String(code) }, '')
  return {
    kind: 'shaken',
    rttMs,
    protocol: socket.getProtocol() ?? 'TLS',
    certificate: socket.getPeerCertificate(),
    endsMs: certificateEndsMs(socket),
    chainFault,
  }
}

async function faultOf(
  error: unknown,
  connected: boolean,
  address: string,
  source: string | undefined,
): Promise<SocketFault> {
  if (!connected) return connectFault(error, address, source)
  const byErrno = socketFault(error, 'remote')
  // A reset in the handshake is the handshake's failure; our own shortage stays our own.
  return isTlsError(error) || byErrno.reason === 'reset' || byErrno.reason === 'internal'
    ? handshakeFault(error, address)
    : byErrno
}
