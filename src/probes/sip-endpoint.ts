import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { messageOf, SipvaneError } from '../core/errors.ts'
import type { Target } from '../core/target.ts'
import { SIP_TRANSPORTS, type SipEndpoint, type SipTransport } from './transport/sip-transports.ts'
import { checkTrustAnchors } from './transport/tls-rules.ts'

export const SIP_URI = /^sips?:[\x21\x23-\x3b\x3d\x3f-\x7e]+$/i
export const USER_PART = /^[A-Za-z0-9\-_.!~*'()&=+$,;?/%]+$/
export const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9\-_]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9\-_]*[A-Za-z0-9_])?)*$/
/** As the host part of a URI: IPv6 in brackets. */
export const HOST_OR_ADDRESS = /^(?:[A-Za-z0-9](?:[A-Za-z0-9\-.]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/

const userAgentShape = {
  userAgent: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x20-\x7e]+$/, 'printable ASCII only')
    .optional()
    .describe('User-Agent header.'),
}

const tlsShape = {
  verify: z.boolean().optional().describe('TLS: check the certificate. Default true.'),
  serverName: z
    .string()
    .regex(HOST_NAME, 'not a host name')
    .optional()
    .describe("TLS: name to ask for and check. Default the target's."),
  ca: z.string().min(1).optional().describe('TLS: file with trusted issuers, PEM. Default those of Node.js.'),
}

/** The keys of where and how to ask; spread into the options of kinds that speak SIP. */
export const sipEndpointShape = {
  transport: z
    .enum(SIP_TRANSPORTS)
    .default('udp')
    .describe('Transport to ask over; ws and wss are WebSockets (RFC 7118). Default udp.'),
  path: z
    .string()
    .max(500)
    .regex(/^\/[\x21\x22\x24-\x7e]*$/, 'not a path, like /ws')
    .optional()
    .describe('ws and wss: path and query of the WebSocket. Default /.'),
  ...userAgentShape,
  ...tlsShape,
}

export interface SipEndpointOptions {
  readonly transport: SipTransport
  readonly path?: string | undefined
  readonly verify?: boolean | undefined
  readonly serverName?: string | undefined
  readonly ca?: string | undefined
}

/** Keys of a transport need that transport; for `superRefine`. */
export function checkTransportKeys(given: SipEndpointOptions, context: z.core.$RefinementCtx): void {
  const { transport, verify, serverName, ca, path } = given
  const anyOfTls = verify !== undefined || serverName !== undefined || ca !== undefined
  if (anyOfTls && !isSecure(transport)) {
    const message = 'verify, serverName and ca need transport: tls or wss'
    context.addIssue({ code: 'custom', path: ['transport'], message })
  }
  if (path !== undefined && transport !== 'ws' && transport !== 'wss') {
    context.addIssue({ code: 'custom', path: ['path'], message: 'path needs transport: ws or wss' })
  }
}

function isSecure(transport: SipTransport): boolean {
  return transport === 'tls' || transport === 'wss'
}

/** Text of the trusted issuers; rejects with `tls-ca-unusable`. */
export async function readTrustAnchors(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    const pem = await readFile(file, 'utf8')
    checkTrustAnchors(pem)
    return pem
  } catch (cause) {
    throw new SipvaneError('tls-ca-unusable', `cannot use the ca file ${file}: ${messageOf(cause)}`, {
      cause,
    })
  }
}

/** `ca` is the text, not the file. */
export function sipEndpoint(
  options: SipEndpointOptions,
  target: Target,
  address: string,
  ca: string | undefined,
): SipEndpoint {
  const { transport, path, verify = true, serverName = target.serverName } = options
  const tls = {
    verify,
    ...(serverName === undefined ? {} : { serverName }),
    ...(ca === undefined ? {} : { ca }),
  }
  return {
    transport,
    address,
    port: target.ports[transport],
    ...(target.source === undefined ? {} : { source: target.source }),
    ...(path === undefined ? {} : { path }),
    ...(isSecure(transport) ? { tls } : {}),
  }
}
