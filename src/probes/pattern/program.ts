/**
 * One step of a compiled pattern. A pattern runs as a set of places in this list that moves over the text octet by octet
 * (Thompson 1968), so the time is bounded by length of text times length of program: no text can make it explode.
 */
export type Step =
  | {
      /** Takes one octet of the set. */
      readonly op: 'take'
      /** 256 flags. */
      readonly set: Uint8Array
    }
  | { readonly op: 'fork'; readonly first: number; readonly second: number }
  | { readonly op: 'go'; readonly to: number }
  | { readonly op: 'line-start' | 'line-end' | 'found' }

export type Program = readonly Step[]

/** Longest program; with 64 KB of text the worst case stays near a tenth of a second. */
const STEPS_MAX = 400

/** The parts of a pattern, before they are laid out as steps. */
export type Part =
  | { readonly kind: 'set'; readonly set: Uint8Array }
  | { readonly kind: 'line-start' | 'line-end' }
  | { readonly kind: 'all'; readonly parts: readonly Part[] }
  | { readonly kind: 'either'; readonly parts: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly min: number; readonly max: number }

/** Undefined where the program would be longer than `STEPS_MAX`. */
export function compile(part: Part): Program | undefined {
  const steps: Step[] = []
  return lay(part, steps) && steps.length < STEPS_MAX ? [...steps, { op: 'found' }] : undefined
}

function lay(part: Part, steps: Step[]): boolean {
  if (steps.length > STEPS_MAX) return false
  switch (part.kind) {
    case 'set':
      steps.push({ op: 'take', set: part.set })
      return true
    case 'line-start':
    case 'line-end':
      steps.push({ op: part.kind })
      return true
    case 'all':
      return part.parts.every((each) => lay(each, steps))
    case 'either':
      return layEither(part.parts, steps)
    case 'repeat':
      return layRepeat(part.part, part.min, part.max, steps)
  }
}

function layEither(parts: readonly Part[], steps: Step[]): boolean {
  const [first, ...rest] = parts
  if (first === undefined) return true
  if (rest.length === 0) return lay(first, steps)
  const fork = reserve(steps)
  if (!lay(first, steps)) return false
  const leave = reserve(steps)
  steps[fork] = { op: 'fork', first: fork + 1, second: steps.length }
  if (!layEither(rest, steps)) return false
  steps[leave] = { op: 'go', to: steps.length }
  return true
}

function layRepeat(part: Part, min: number, max: number, steps: Step[]): boolean {
  for (let count = 0; count < min; count++) if (!lay(part, steps)) return false
  if (max === Number.POSITIVE_INFINITY) {
    const fork = reserve(steps)
    if (!lay(part, steps)) return false
    steps.push({ op: 'go', to: fork })
    steps[fork] = { op: 'fork', first: fork + 1, second: steps.length }
    return true
  }
  const forks: number[] = []
  for (let count = min; count < max; count++) {
    forks.push(reserve(steps))
    if (!lay(part, steps)) return false
  }
  for (const fork of forks) steps[fork] = { op: 'fork', first: fork + 1, second: steps.length }
  return true
}

function reserve(steps: Step[]): number {
  return steps.push({ op: 'go', to: 0 }) - 1
}
