import { CLASS, TYPE } from '../../wire/dns/constants.ts'
import { MAX_NAME } from '../../wire/dns/name.ts'
import { HEADER, type Query } from '../../wire/dns/query.ts'
import type { StoredReply } from './image/reply.ts'

/** Of a record beside its rdata, its owner a pointer: owner, type, class, TTL, length (RFC 1035 section 4.1.3). */
const FRAME = 12

/** Where the TTL stands in such a record. */
const TTL_AT = 6

/** Octets of the CNAME that follows for the present QNAME from the DNAME that `stored` holds; 0: its target would be too long a name. */
export function aliasSize(query: Query, stored: StoredReply): number {
  const front = frontOf(query, stored)
  if (front + targetOf(stored) > MAX_NAME) return 0
  return FRAME + front + (targetOf(stored) === 1 ? 1 : 2)
}

/**
 * Writes that CNAME at `at`, right behind the DNAME: owner QNAME, the DNAME's TTL, and as target QNAME's first labels before the DNAME's own
 * target (RFC 6672 sections 2.2 and 3.1). The labels keep their case. Returns the offset behind it.
 */
export function writeAlias(
  bytes: Uint8Array,
  query: Query,
  stored: StoredReply,
  out: Uint8Array,
  at: number,
): number {
  const front = frontOf(query, stored)
  const record = at - stored.required
  const target = at - targetOf(stored)
  out[at] = 0xc0
  out[at + 1] = HEADER
  out[at + 2] = 0
  out[at + 3] = TYPE.CNAME
  out[at + 4] = 0
  out[at + 5] = CLASS.IN
  for (let i = 0; i < 4; i++) out[at + TTL_AT + i] = out[record + TTL_AT + i] ?? 0
  let end = at + FRAME
  for (let i = 0; i < front; i++) out[end++] = bytes[HEADER + i] ?? 0
  if (targetOf(stored) === 1) out[end++] = 0
  else {
    // It is the DNAME's rdata, written out in full (RFC 6672 section 2.5), so there is a name to point at.
    out[end++] = 0xc0 | (target >> 8)
    out[end++] = target & 0xff
  }
  const rdlength = end - at - FRAME
  out[at + 10] = rdlength >> 8
  out[at + 11] = rdlength & 0xff
  return end
}

/** Octets of the labels that QNAME has before the DNAME's owner. */
function frontOf(query: Query, stored: StoredReply): number {
  return query.nameEnd - HEADER - stored.qnameOctets
}

/** Octets of the DNAME's target. */
function targetOf(stored: StoredReply): number {
  return stored.required - FRAME
}
