/**
 * Fuzzes the way of a query, from its octets to the reply's, guided by what of the code it reached. `npm run fuzz [-- --seconds N] [--seed
 * N]` Ends with exit code 1, the seed and the query where a rule is broken; the same seed goes the same way for as long as the code is the
 * same.
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { seededRandom } from '../virtual-time.ts'
import { SEEDS } from './corpus.ts'
import { Coverage } from './coverage.ts'
import { mutate } from './mutate.ts'
import { runQuery } from './query-path.ts'

interface Input {
  readonly bytes: Buffer
  /** Which context answers it, over which transport. */
  readonly variant: number
}

/** Runs between two looks at the coverage. */
const BATCH = 500
const VARIANTS = 32

/** One run, in milliseconds: a query that costs more is an attack. Garbage collection and a busy machine get several chances. */
const SLOW_MS = 20
const TRIES = 5

const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } })
const seconds = Number(values.seconds ?? 60)
const seed = Number(values.seed ?? randomInt(2 ** 31))
const random = seededRandom(seed)
const coverage = new Coverage((url) => /\/src\/(wire\/dns|publishers\/responder)\//.test(url))
const corpus: Input[] = []
const words = new Set<string>()
let runs = 0

process.stdout.write(`fuzzing the query path for ${seconds} s, seed ${seed}\n`)
for (const bytes of SEEDS) for (let variant = 0; variant < VARIANTS; variant++) run({ bytes, variant })
for (const bytes of SEEDS) corpus.push({ bytes, variant: 1 })
coverage.look()
coverage.keep()
const first = coverage.reached

const endMs = performance.now() + seconds * 1000
while (performance.now() < endMs) {
  const queries = corpus.map(({ bytes }) => bytes)
  const batch = Array.from({ length: BATCH }, (): Input => {
    const variant = Math.floor(random.next() * VARIANTS)
    return { bytes: mutate(random, queries), variant }
  })
  for (const input of batch) if (run(input)) corpus.push(input)
  if (coverage.look()) keepThoseThatReachMore(batch)
}
coverage.close()
process.stdout.write(
  `${runs} queries, ${corpus.length} kept, ${words.size} kinds of reply, ` +
    `${coverage.reached} characters of code reached (${first} by the seeds): no rule broken\n`,
)

/** True where the reply was of a kind that was not seen before. */
function run(input: Input): boolean {
  runs++
  let word = ''
  let elapsedMs = 0
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const startMs = performance.now()
      word = runQuery(input.bytes, input.variant)
      elapsedMs = performance.now() - startMs
      if (elapsedMs < SLOW_MS) break
    }
    if (elapsedMs >= SLOW_MS) throw new Error(`it took ${elapsedMs.toFixed(1)} ms, ${TRIES} times`)
  } catch (error) {
    process.stdout.write(
      `${error instanceof Error ? error.stack : error}\nseed ${seed}, run ${runs}, variant ${input.variant}\nquery ${input.bytes.toString('hex')}\n`,
    )
    process.exit(1)
  }
  if (words.has(word)) return false
  words.add(word)
  return true
}

/** Something among these went where nothing went before: halves of them, run again, tell which. */
function keepThoseThatReachMore(inputs: readonly Input[]): void {
  const [only] = inputs
  if (inputs.length === 1 && only !== undefined) {
    coverage.keep()
    corpus.push(only)
    return
  }
  const middle = inputs.length >> 1
  for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
    for (const input of half) run(input)
    if (coverage.look()) keepThoseThatReachMore(half)
  }
}
