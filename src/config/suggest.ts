import { quote } from './fault.ts'

/** More names than this are not compared: a suggestion is a courtesy, a big file must still load at once. */
const CANDIDATES_MAX = 1_000
const NAMES_SHOWN = 12
/** Longer words are not mistyped, they are something else. */
const WORD_MAX = 64

/** Edit distance with a swap of neighbours counted once (optimal string alignment); both words are short. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + changed)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1)
      }
      row.push(best)
    }
    before = above
    above = row
  }
  return above[b.length] ?? 0
}

/** The name that `word` was most likely meant to be: at most a third of its characters off, case aside. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  if (word.length > WORD_MAX) return undefined
  const wanted = word.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const name of names.slice(0, CANDIDATES_MAX)) {
    if (Math.abs(name.length - word.length) >= bestDistance) continue
    const found = distance(wanted, name.toLowerCase())
    if (found >= bestDistance) continue
    best = name
    bestDistance = found
  }
  return best
}

/** `allowed: a, b, c (did you mean "b"?)`; without `word` no suggestion is made. */
export function allowedNames(names: readonly string[], word?: string): string {
  if (names.length === 0) return 'allowed: none, nothing of that kind is configured'
  const shown = names
    .slice(0, NAMES_SHOWN)
    .map((name) => (/^[A-Za-z0-9._-]{1,64}$/.test(name) ? name : quote(name)))
    .join(', ')
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : ''
  const meant = word === undefined ? undefined : nearest(word, names)
  return `allowed: ${shown}${more}${meant === undefined ? '' : ` (did you mean ${quote(meant)}?)`}`
}
