/**
 * The outage tables of docs/guides: `| part | seconds | how |`, the sum in bold at the end. How a part is derived stands first in its last
 * cell, in backticks: numbers, `+ - x /`, brackets, `max(a, b)`, and names that are looked up.
 */

export interface OutagePart {
  readonly seconds: number
  /** The expression that gives them. */
  readonly expression: string
}

export interface Outage {
  readonly label: string
  readonly parts: readonly OutagePart[]
  readonly seconds: number
}

const ROW = /^\| (.+?) \| ([^|]+?) \| (.+) \|$/
const TOTAL = /^\*\*(.+)\*\*$/

/** Throws where a row of such a table has no expression, or a table no sum. */
export function outagesIn(page: string): Outage[] {
  const found: Outage[] = []
  for (const table of page.matchAll(
    /^\| part \| seconds \| how it is derived \|\n\|---\|---\|---\|\n((?:\|.*\n?)+)/gm,
  )) {
    const rows = (table[1] ?? '').trimEnd().split('\n')
    const parts = rows.slice(0, -1).map((row) => partOf(row))
    const [, label = '', seconds = ''] = ROW.exec(rows.at(-1) ?? '') ?? []
    const total = TOTAL.exec(seconds)?.[1]
    const name = TOTAL.exec(label)?.[1]
    if (total === undefined || name === undefined) throw new Error(`no sum: ${rows.at(-1)}`)
    found.push({ label: name, parts, seconds: Number(total) })
  }
  return found
}

function partOf(row: string): OutagePart {
  const [, , seconds = '', how = ''] = ROW.exec(row) ?? []
  const expression = /^`([^`]+)`/.exec(how)?.[1]
  if (expression === undefined || !(Number(seconds) >= 0)) throw new Error(`not derived: ${row}`)
  return { seconds: Number(seconds), expression }
}

/** Looks up `ttl`, or `setting(NAME)`; undefined: there is none. */
export type LookUp = (name: string, argument: string | undefined) => number | undefined

/** The value of an expression; throws for anything that is none. */
export function evaluate(expression: string, lookUp: LookUp): number {
  let rest = expression
  const value = sum()
  if (rest.trim() !== '') throw new Error(`"${expression}": ${rest} is left over`)
  return value

  function take(pattern: RegExp): RegExpExecArray | undefined {
    rest = rest.trimStart()
    const match = pattern.exec(rest)
    if (match === null) return undefined
    rest = rest.slice(match[0].length)
    return match
  }

  function sum(): number {
    let total = product()
    for (let sign = take(/^[+-]/); sign !== undefined; sign = take(/^[+-]/))
      total += sign[0] === '+' ? product() : -product()
    return total
  }

  function product(): number {
    let total = atom()
    for (let sign = take(/^(?:x(?= )|\/)/); sign !== undefined; sign = take(/^(?:x(?= )|\/)/))
      total = sign[0] === 'x' ? total * atom() : total / atom()
    return total
  }

  function atom(): number {
    const number = take(/^\d+(?:\.\d+)?/)
    if (number !== undefined) return Number(number[0])
    if (take(/^max\(/) !== undefined) {
      const values = [sum()]
      while (take(/^,/) !== undefined) values.push(sum())
      close()
      return Math.max(...values)
    }
    if (take(/^\(/) !== undefined) {
      const value = sum()
      close()
      return value
    }
    const name = take(/^([a-z]+)(?:\(([^)]*)\))?/)
    const found = name === undefined ? undefined : lookUp(name[1] ?? '', name[2])
    if (found === undefined) throw new Error(`"${expression}": nothing is known at "${name?.[0] ?? rest}"`)
    return found
  }

  function close(): void {
    if (take(/^\)/) === undefined) throw new Error(`"${expression}": a bracket is open`)
  }
}
