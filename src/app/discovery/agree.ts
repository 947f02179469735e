/** What one source said of our public address; `why` in plain words where it said nothing. */
export type Said =
  | { readonly source: string; readonly address: string }
  | { readonly source: string; readonly why: string }

export type Agreement =
  /** `dissent`: some named another address, and were outvoted. */
  | { readonly kind: 'found'; readonly address: string; readonly dissent?: string }
  /** No address has more than half of the answers: nobody can tell who is wrong. */
  | { readonly kind: 'disagreement'; readonly detail: string }
  | { readonly kind: 'unknown'; readonly detail: string }

/**
 * What several sources come to. Those that did not answer do not vote.
 *
 * | answers | the most named address has | outcome                    |
 * |---------|----------------------------|----------------------------|
 * | none    | -                          | unknown                    |
 * | some    | all of them                | found                      |
 * | some    | more than half             | found, the dissent is told |
 * | some    | half or less               | disagreement               |
 */
export function agree(said: readonly Said[]): Agreement {
  const votes = new Map<string, number>()
  for (const each of said) {
    if ('address' in each) votes.set(each.address, (votes.get(each.address) ?? 0) + 1)
  }
  const detail = said.map(words).join(', ')
  const total = [...votes.values()].reduce((sum, count) => sum + count, 0)
  const [first] = [...votes].sort(([, a], [, b]) => b - a)
  if (first === undefined) return { kind: 'unknown', detail }
  const [address, count] = first
  if (count * 2 <= total) return { kind: 'disagreement', detail }
  return count === total ? { kind: 'found', address } : { kind: 'found', address, dissent: detail }
}

function words(said: Said): string {
  return 'address' in said
    ? `${said.source} says ${said.address}`
    : `${said.source} says nothing (${said.why})`
}
