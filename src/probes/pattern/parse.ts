import { anyButLineEnds, CLASSES, foldCase, inverse, only, range, union } from './octets.ts'
import { compile, type Part, type Program } from './program.ts'

export type ParsedPattern =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly why: string }

const REPEAT_MAX = 100
const DEPTH_MAX = 20

class PatternFault extends Error {}

/**
 * The part of JavaScript's regular expressions that runs in linear time: literals, `.`, `[…]`, `\d \w \s` and their inverses, groups,
 * `|`, `* + ? {n,m}`; `^` and `$` are those of a line (flag m). Back references and look-around are refused.
 */
export function parsePattern(source: string, ignoreCase: boolean): ParsedPattern {
  if (/[^\x20-\x7e]/.test(source))
    return { ok: false, why: 'only printable ASCII; write \\xHH for other octets' }
  try {
    const program = compile(new Parser(source, ignoreCase).whole())
    return program === undefined
      ? { ok: false, why: 'too long or repeated too often' }
      : { ok: true, program }
  } catch (error) {
    if (error instanceof PatternFault) return { ok: false, why: error.message }
    throw error
  }
}

class Parser {
  readonly #source: string
  readonly #ignoreCase: boolean
  #at = 0
  #depth = 0

  constructor(source: string, ignoreCase: boolean) {
    this.#source = source
    this.#ignoreCase = ignoreCase
  }

  whole(): Part {
    const part = this.#either()
    if (this.#at < this.#source.length) throw new PatternFault('a ) without its (')
    return part
  }

  #either(): Part {
    if (++this.#depth > DEPTH_MAX) throw new PatternFault(`groups more than ${DEPTH_MAX} deep`)
    const parts = [this.#sequence()]
    while (this.#eat('|')) parts.push(this.#sequence())
    this.#depth--
    return { kind: 'either', parts }
  }

  #sequence(): Part {
    const parts: Part[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#peek())) parts.push(this.#repeated())
    return { kind: 'all', parts }
  }

  #repeated(): Part {
    const part = this.#single()
    const bounds = this.#bounds()
    if (bounds === undefined) return part
    if (part.kind === 'line-start' || part.kind === 'line-end') throw new PatternFault('nothing to repeat')
    // Greedy or not makes no difference to whether it is found.
    this.#eat('?')
    if (this.#bounds() !== undefined) throw new PatternFault('a repetition of a repetition')
    return { kind: 'repeat', part, ...bounds }
  }

  #bounds(): { min: number; max: number } | undefined {
    if (this.#eat('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#eat('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#eat('?')) return { min: 0, max: 1 }
    if (this.#peek() !== '{') return undefined
    const match = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#source.slice(this.#at))
    if (match === null) throw new PatternFault('a { that is no {n}, {n,} or {n,m}: write \\{')
    this.#at += match[0].length
    const min = Number(match[1])
    const max = match[2] === undefined ? min : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3])
    if (min > REPEAT_MAX || (max !== Number.POSITIVE_INFINITY && max > REPEAT_MAX))
      throw new PatternFault(`repeated more than ${REPEAT_MAX} times`)
    if (max < min) throw new PatternFault('a repetition that runs backwards')
    return { min, max }
  }

  #single(): Part {
    const char = this.#next()
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return this.#set(this.#classSet())
      case '.':
        return this.#set(anyButLineEnds())
      case '^':
        return { kind: 'line-start' }
      case '$':
        return { kind: 'line-end' }
      case '\\':
        return this.#set(this.#escape())
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternFault('nothing to repeat')
      case ']':
      case '}':
        throw new PatternFault(`a ${char} without its beginning: write \\${char}`)
      default:
        return this.#set(only(char.charCodeAt(0)))
    }
  }

  #group(): Part {
    if (this.#eat('?') && !this.#eat(':')) throw new PatternFault('no look-around and no named groups')
    const part = this.#either()
    if (!this.#eat(')')) throw new PatternFault('a ( without its )')
    return part
  }

  #classSet(): Uint8Array {
    const inverted = this.#eat('^')
    let set = new Uint8Array(256)
    while (!this.#eat(']')) {
      const from = this.#classItem()
      if (this.#peek() === '-' && this.#source[this.#at + 1] !== ']' && this.#at + 1 < this.#source.length) {
        this.#at++
        set = union(set, this.#rangeFrom(from, this.#classItem()))
      } else set = union(set, from)
    }
    if (this.#ignoreCase) set = foldCase(set)
    return inverted ? inverse(set) : set
  }

  #classItem(): Uint8Array {
    const char = this.#next('a [ without its ]')
    return char === '\\' ? this.#escape() : only(char.charCodeAt(0))
  }

  #rangeFrom(from: Uint8Array, to: Uint8Array): Uint8Array {
    const [first, last] = [from, to].map((set) => (set.filter(Boolean).length === 1 ? set.indexOf(1) : -1))
    if (first === undefined || last === undefined || first < 0 || last < first) {
      throw new PatternFault('a range in [ ] that is none')
    }
    return range(first, last)
  }

  #escape(): Uint8Array {
    const char = this.#next('a \\ at the end')
    const known = CLASSES[char]
    if (known !== undefined) return known
    if (char === 'x') {
      const hex = /^[0-9A-Fa-f]{2}/.exec(this.#source.slice(this.#at))?.[0]
      if (hex === undefined) throw new PatternFault('\\x without two hex digits')
      this.#at += 2
      return only(Number.parseInt(hex, 16))
    }
    if (/[A-Za-z0-9]/.test(char)) throw new PatternFault(`\\${char} is not supported`)
    return only(char.charCodeAt(0))
  }

  #set(set: Uint8Array): Part {
    return { kind: 'set', set: this.#ignoreCase ? foldCase(set) : set }
  }

  #peek(): string {
    return this.#source[this.#at] ?? ''
  }

  #eat(char: string): boolean {
    if (this.#peek() !== char) return false
    this.#at++
    return true
  }

  #next(missing = 'it ends too early'): string {
    const char = this.#source[this.#at++]
    if (char === undefined) throw new PatternFault(missing)
    return char
  }
}
