/** Sets of octets as 256 flags. */

export function only(octet: number): Uint8Array {
  return range(octet, octet)
}

export function range(first: number, last: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => (octet >= first && octet <= last ? 1 : 0))
}

export function union(...sets: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 256 }, (_, octet) => (sets.some((set) => set[octet] === 1) ? 1 : 0))
}

export function inverse(set: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(set, (flag) => 1 - flag)
}

/** ASCII letters of either case stand for both. */
export function foldCase(set: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(set, (flag, octet) => {
    const letter = /[a-z]/i.test(String.fromCharCode(octet))
    return flag === 1 || (letter && set[octet ^ 0x20] === 1) ? 1 : 0
  })
}

export function anyButLineEnds(): Uint8Array {
  return inverse(union(only(10), only(13)))
}

const DIGITS = range(0x30, 0x39)
const WORD = union(DIGITS, range(0x41, 0x5a), range(0x61, 0x7a), only(0x5f))
/** Tab to CR, blank, and the no-break space of Latin 1, as JavaScript has it. */
const SPACE = union(range(9, 13), only(0x20), only(0xa0))

/** What a letter means behind a backslash. */
export const CLASSES: Readonly<Record<string, Uint8Array>> = {
  d: DIGITS,
  D: inverse(DIGITS),
  w: WORD,
  W: inverse(WORD),
  s: SPACE,
  S: inverse(SPACE),
  t: only(9),
  n: only(10),
  v: only(11),
  f: only(12),
  r: only(13),
}
