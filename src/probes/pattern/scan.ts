import type { Program, Step } from './program.ts'

const LF = 10
const CR = 13

/** One run of a program over octets that come in pieces. Each octet is looked at once, whatever the pieces. */
export class Scan {
  readonly #program: Program
  /** Places that wait for the next octet, closed over once it is known: `$` depends on it. */
  #places: Uint16Array
  #count = 0
  #spare: Uint16Array
  /** By place: the turn in which it was last reached. */
  readonly #reached: Uint32Array
  readonly #stack: number[] = []
  #turn = 0
  #last: number | undefined
  #found = false

  constructor(program: Program) {
    this.#program = program
    this.#places = new Uint16Array(program.length)
    this.#spare = new Uint16Array(program.length)
    this.#reached = new Uint32Array(program.length)
  }

  /** True once the pattern was found. What needs the end of the text (`$` at its very end) only `ended` tells. */
  push(bytes: Uint8Array): boolean {
    for (const octet of bytes) {
      if (this.#found) return true
      this.#step(octet)
    }
    return this.#found
  }

  /** Whether the pattern is found if the text ends here; it may go on all the same. */
  ended(): boolean {
    if (this.#found) return true
    this.#turn++
    for (let at = 0; at < this.#count; at++) if (this.#follow(this.#places[at] ?? 0, undefined)) return true
    return this.#follow(0, undefined)
  }

  #step(octet: number): void {
    const taking = this.#spare
    let count = 0
    this.#turn++
    const takers = (place: number) => {
      const step = this.#program[place] as Step
      if (step.op === 'take' && step.set[octet] === 1) taking[count++] = place + 1
    }
    for (let at = 0; at < this.#count && !this.#found; at++) {
      this.#found = this.#follow(this.#places[at] ?? 0, octet, takers)
    }
    // Unanchored: the pattern may begin at any octet.
    this.#found ||= this.#follow(0, octet, takers)
    this.#spare = this.#places
    this.#places = taking
    this.#count = count
    this.#last = octet
  }

  /** Follows all steps that take nothing; true when `found` is among them. `next` is undefined at the end of the text. */
  #follow(from: number, next: number | undefined, takers?: (place: number) => void): boolean {
    const stack = this.#stack
    stack.length = 0
    stack.push(from)
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (this.#reached[place] === this.#turn) continue
      this.#reached[place] = this.#turn
      const step = this.#program[place] as Step
      switch (step.op) {
        case 'found':
          return true
        case 'take':
          takers?.(place)
          break
        case 'go':
          stack.push(step.to)
          break
        case 'fork':
          stack.push(step.second, step.first)
          break
        case 'line-start':
          if (this.#last === undefined || isLineEnd(this.#last)) stack.push(place + 1)
          break
        case 'line-end':
          if (next === undefined || isLineEnd(next)) stack.push(place + 1)
      }
    }
    return false
  }
}

function isLineEnd(octet: number): boolean {
  return octet === LF || octet === CR
}
