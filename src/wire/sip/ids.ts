/** Gives `count` unpredictable bytes; `crypto.randomBytes` in production. */
export type RandomBytes = (count: number) => Uint8Array

/** What makes one request unlike every other (RFC 3261 sections 8.1.1.3, 8.1.1.4 and 8.1.1.7). */
export interface RequestIds {
  readonly branch: string
  readonly fromTag: string
  readonly callId: string
}

/** RFC 3261 section 8.1.1.7: tells that the branch is unique, so that responses are matched by it alone. */
const BRANCH_COOKIE = 'z9hG4bK'

/**
 * Fresh identifiers from 40 random bytes. Branch and Call-ID have 128 bits each: who cannot see the request cannot
 * forge an answer to it. The Call-ID has no host part: it would tell strangers where we run.
 */
export function newRequestIds(randomBytes: RandomBytes): RequestIds {
  const bytes = randomBytes(40)
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  return {
    branch: `${BRANCH_COOKIE}-${hex.slice(0, 32)}`,
    fromTag: hex.slice(32, 48),
    callId: hex.slice(48, 80),
  }
}
