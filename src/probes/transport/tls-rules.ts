import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { errnoOf, messageOf } from '../../core/errors.ts'
import { printable } from '../../wire/sip/printable.ts'
import type { SocketFault } from './errno-reasons.ts'
import type { TlsParameters } from './sip-transports.ts'

/** What every TLS connection of ours insists on. `address` is the one connected to. */
export function tlsOptions(parameters: TlsParameters, address: string): ConnectionOptions {
  const name = parameters.serverName ?? address
  return {
    secureContext: secureContext(parameters.ca),
    rejectUnauthorized: parameters.verify,
    checkServerIdentity: (_host, certificate) => checkSipIdentity(name, certificate),
    // SNI carries names only (RFC 6066 section 3).
    ...(isIP(name) === 0 ? { servername: name } : {}),
  }
}

/** Throws where the text holds no certificate: the runtime would take it silently, and then trust nobody. */
export function checkTrustAnchors(pem: string): void {
  new X509Certificate(pem)
}

/** From the TLS library, whenever it comes: with TLS 1.3 a server refuses a client only after the client's handshake. */
export function isTlsError(error: unknown): boolean {
  const code = errnoOf(error) ?? ''
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO'
}

/**
 * RFC 5922 section 7.1: a URI `sip:domain` in subjectAltName names the server; else a DNS name does, as everywhere.
 * Wildcards are accepted here, as most phones do, though section 7.2 does not.
 */
function checkSipIdentity(name: string, certificate: PeerCertificate): Error | undefined {
  const wanted = `sip:${name.toLowerCase()}`
  const uris = (certificate.subjectaltname ?? '').split(', ').filter((entry) => entry.startsWith('URI:'))
  if (uris.some((entry) => entry.slice(4).toLowerCase() === wanted)) return undefined
  return checkServerIdentity(name, certificate)
}

/** Epoch milliseconds at which the far end's certificate ends; undefined where it cannot be read. */
export function certificateEndsMs(socket: TLSSocket): number | undefined {
  const endsMs = Date.parse(socket.getPeerCertificate().valid_to ?? '')
  return Number.isNaN(endsMs) ? undefined : endsMs
}

/** What went wrong between TCP's connect and the end of the handshake. */
export function handshakeFault(error: unknown, name: string): SocketFault {
  const code = errnoOf(error) ?? ''
  const said = CERTIFICATE_FAULTS[code]
  if (said !== undefined) {
    return { reason: 'tls-certificate', detail: printable(`${said.replace('NAME', name)} (${code})`) }
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return { reason: 'tls-handshake', detail: `the far end broke off the TLS handshake (${code})` }
  }
  return { reason: 'tls-handshake', detail: printable(`the TLS handshake failed: ${messageOf(error)}`) }
}

const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_REVOKED: 'the certificate is revoked',
  CERT_REJECTED: 'the certificate is rejected',
  CERT_UNTRUSTED: 'the certificate is not trusted',
  CERT_SIGNATURE_FAILURE: 'the certificate carries a wrong signature',
  CERT_CHAIN_TOO_LONG: 'the certificate chain is too long',
  INVALID_CA: 'an issuer in the chain may not issue certificates',
  INVALID_PURPOSE: 'the certificate is not for servers',
  PATH_LENGTH_EXCEEDED: 'the certificate chain is too long',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is not for NAME',
  ERR_TLS_CERT_ALTNAME_FORMAT: 'the names in the certificate cannot be read',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed: unknown issuer',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown issuer: a self-signed certificate in the chain',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'unknown issuer, or the server does not send its intermediate certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown issuer, or the server does not send its intermediate certificate',
}

const contexts = new Map<string, SecureContext>()

/** Kept by trust anchors: building one parses them all, which is too dear for each connection. */
function secureContext(ca: string | undefined): SecureContext {
  const key = ca ?? ''
  const known = contexts.get(key)
  if (known !== undefined) return known
  const made = createSecureContext({ minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) })
  contexts.set(key, made)
  return made
}
