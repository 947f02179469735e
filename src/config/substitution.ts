/** What the environment looks like from here; `process.env` fits. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A string scalar after `${NAME}` was filled in. */
export interface Substitution {
  readonly text: string
  /** Variables that were read, each once; their values are secrets to everything that prints. */
  readonly names: readonly string[]
  /** What could not be filled in; `at` is an offset into the raw text, `occurrence` counts every `${` and `$${` before it. */
  readonly faults: readonly { readonly at: number; readonly occurrence: number; readonly message: string }[]
  /** The offset in the raw text that an offset in `text` came from; inside a value, where its `${` stands. */
  rawOffset(offset: number): number
}

const MARK = /\$\$\{|\$\{([^{}\n]*)(\}?)/g
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Where each `${` and `$${` of a text stands. */
export function markOffsets(raw: string): number[] {
  return Array.from(raw.matchAll(MARK), (match) => match.index)
}

/**
 * Fills in `${NAME}`; `$${` stands for a plain `${`. Values are taken as they are: neither `${` nor YAML inside them
 * means anything. Undefined where there is nothing to fill in. A variable that is set but empty is a value.
 */
export function substitute(raw: string, environment: Environment): Substitution | undefined {
  if (!raw.includes('${')) return undefined
  const names = new Set<string>()
  const faults: Substitution['faults'][number][] = []
  const pieces: { readonly out: number; readonly raw: number; readonly fixed: boolean }[] = []
  let text = ''
  let done = 0
  let occurrence = 0
  for (const match of raw.matchAll(MARK)) {
    const { index: at } = match
    pieces.push({ out: text.length, raw: done, fixed: false })
    text += raw.slice(done, at)
    pieces.push({ out: text.length, raw: at, fixed: true })
    done = at + match[0].length
    const name = match[1]
    if (name === undefined) text += '${'
    else if (match[2] !== '}' || !NAME.test(name)) {
      faults.push({
        at,
        occurrence,
        message: `a stray "$\{" seen; allowed: $\{NAME} (letters, digits and _), or $$\{ for a plain $\{`,
      })
    } else if (!Object.hasOwn(environment, name) || environment[name] === undefined) {
      faults.push({
        at,
        occurrence,
        message: `\${${name}} is not set in the environment; set it, or write $\${ for a plain \${`,
      })
    } else {
      names.add(name)
      text += environment[name]
    }
    occurrence += 1
  }
  pieces.push({ out: text.length, raw: done, fixed: false })
  text += raw.slice(done)
  const rawOffset = (offset: number): number => {
    const piece = pieces.findLast((candidate) => candidate.out <= offset)
    if (piece === undefined) return 0
    return piece.fixed ? piece.raw : piece.raw + (offset - piece.out)
  }
  return { text, names: [...names], faults, rawOffset }
}
