/** Entries a piece: some hundred kilobytes of health, made in a millisecond. */
const ENTRIES = 200

/**
 * A JSON object in pieces, its members one after the other: a map becomes an object, `ENTRIES` at a time, all else comes whole. Ten
 * thousand targets are five megabytes; made in one go they would hold questions and answers up for as long as it takes to ask two hundred
 * of them.
 */
export function* jsonInPieces(members: Readonly<Record<string, unknown>>): Generator<string, undefined> {
  let before = '{'
  for (const [name, value] of Object.entries(members)) {
    const head = `${before}${JSON.stringify(name)}:`
    before = ','
    if (value instanceof Map) yield* mapInPieces(head, value)
    else yield head + JSON.stringify(value)
  }
  yield before === '{' ? '{}' : '}'
  return undefined
}

function* mapInPieces(head: string, map: ReadonlyMap<unknown, unknown>): Generator<string> {
  let piece = `${head}{`
  let entries = 0
  for (const [key, value] of map) {
    // As JSON.stringify would: a member without a value is left out.
    const text: string | undefined = JSON.stringify(value)
    if (text === undefined) continue
    piece += `${entries === 0 ? '' : ','}${JSON.stringify(String(key))}:${text}`
    entries++
    if (entries % ENTRIES > 0) continue
    yield piece
    piece = ''
  }
  yield `${piece}}`
}
