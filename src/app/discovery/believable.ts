import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { parseAddress } from '../../core/schemas.ts'

/** Ranges in which nobody on the Internet can be reached. */
const INSIDE = new Set(['loopback', 'private', 'carrierGradeNat', 'linkLocal', 'uniqueLocal'])

export type Believed =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly why: string }

/**
 * May `text`, which came from the network, be published as the address of a link? It has to be one host's, of the family of `initial`, and not from
 * inside some network unless `initial` is from the same kind of range: a source behind our own NAT would have the phones call nowhere.
 */
export function believable(text: string, initial: string): Believed {
  const parsed = parseAddress(text.trim().slice(0, 64))
  if (!parsed.ok) return { ok: false, why: 'what came is no address of a host' }
  const { address, family } = parsed
  if (family !== isIP(initial)) return { ok: false, why: `it says ${address}, of the other family` }
  const range = ipaddr.parse(address).range()
  if (INSIDE.has(range) && range !== ipaddr.parse(initial).range())
    return { ok: false, why: `it says ${address}, which cannot be reached from outside (${range})` }
  return { ok: true, address }
}
