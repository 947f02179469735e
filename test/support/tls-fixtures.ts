import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './root.ts'

/**
 * Certificates made by `test/fixtures/tls/make.sh`:
 * `server` for sip.example.test, 127.0.0.1 and ::1; `sip-uri` for the SIP domain example.test alone (RFC 5922);
 * `wrong-name` for other.example.test; `expired` since 2021; `self-signed` with the right names but by no issuer.
 */
export type CertificateName = 'server' | 'sip-uri' | 'wrong-name' | 'expired' | 'self-signed'

export interface KeyAndCertificate {
  readonly key: string
  readonly cert: string
}

export function certificate(name: CertificateName): KeyAndCertificate {
  return { key: read(`${name}.key`), cert: read(`${name}.pem`) }
}

/** The issuer of all but `self-signed`; a path, as a probe's `ca` option wants it. */
export const issuerPath = fixturePath('ca.pem')

export function issuer(): string {
  return read('ca.pem')
}

function read(name: string): string {
  return readFileSync(fixturePath(name), 'utf8')
}

function fixturePath(name: string): string {
  return join(projectRoot(), 'test', 'fixtures', 'tls', name)
}
