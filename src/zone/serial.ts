/** What the last build of a zone left behind; kept over a restart. */
export interface Previous {
  readonly serial: number
  readonly contentHash: string
}

const MODULUS = 2 ** 32

/**
 * The serial of a zone's content: the last one while the content is the same, else the Unix time, or the last one plus one where
 * that is ahead of the clock. All in RFC 1982 arithmetic, so it goes on over the wrap at 2^32, and never back.
 */
export function nextSerial(previous: Previous | undefined, contentHash: string, nowMs: number): number {
  const now = Math.floor(nowMs / 1000) % MODULUS
  if (previous === undefined) return now
  if (previous.contentHash === contentHash) return previous.serial
  return serialAfter(now, previous.serial) ? now : (previous.serial + 1) % MODULUS
}

/** Whether serial `a` comes after `b` (RFC 1982 section 3.2). Two that are 2^31 apart have no order: false. */
export function serialAfter(a: number, b: number): boolean {
  const ahead = (a - b + MODULUS) % MODULUS
  return ahead > 0 && ahead < MODULUS / 2
}
