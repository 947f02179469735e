import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { parseAddress } from '../../core/schemas.ts'

/** Ranges in which nobody on the Internet can be reached. */
const INSIDE = new Set(['loopback', 'private', 'carrierGradeNat', 'linkLocal', 'uniqueLocal'])

export type Believed =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly why: string }

/**
 * May `text`, which came from the network, be published as the address of a link? It has to be one host's, of the family of `like`, and not
 * from inside some network unless `like` is from the same kind of range: a source behind our own NAT would have the phones call nowhere.
 * `like` is what the configuration gives, or where it gives nothing the address of who was asked: somebody inside sees us from inside.
 */
export function believable(text: string, like: string): Believed {
  const parsed = parseAddress(text.trim().slice(0, 64))
  if (!parsed.ok) return { ok: false, why: 'what came is no address of a host' }
  const { address, family } = parsed
  if (family !== isIP(like)) return { ok: false, why: `it says ${address}, of the other family` }
  const range = ipaddr.parse(address).range()
  if (INSIDE.has(range) && range !== ipaddr.parse(like).range())
    return { ok: false, why: `it says ${address}, which cannot be reached from outside (${range})` }
  return { ok: true, address }
}
