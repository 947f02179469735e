import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fencesOf } from '../support/fences.ts'
import { evaluate, type LookUp, outagesIn } from '../support/outage.ts'
import { projectRoot } from '../support/root.ts'
import { settingsOf } from '../support/settings.ts'

const FOLDER = 'docs/guides'
const read = (page: string) => readFileSync(join(projectRoot(), page), 'utf8')
const BENCHMARKS = read('docs/benchmarks.md')
/** Pages without an outage of their own. */
const OTHERS = new Set(['README.md', 'balancers.md'])
const guides = readdirSync(join(projectRoot(), FOLDER)).filter((name) => !OTHERS.has(name))

/** The median's goal of a fault and transport (`process killed, udp`), in seconds, as docs/benchmarks.md has it for sipvane. */
function benchGoal(what: string): number | undefined {
  const [, fault, transport] = /^(.+), (\w+)$/.exec(what) ?? []
  const row = BENCHMARKS.split('\n').find((line) => line.startsWith(`| ${fault} | ${transport} | sipvane |`))
  const goal = row?.split('|').at(-2)?.trim()
  return goal === undefined || goal === '' ? undefined : Number(goal)
}

/** A number that the page tells to set: `name = 60`, `name="60"`, `<name idx="1">60</name>`. */
function settingIn(fences: string, name: string): number | undefined {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const set = new RegExp(`(?:^|[\\s<])${escaped}(?:\\s*=\\s*"?|(?: [^>\\n]*)?>)(\\d+)`, 'm')
  const value = set.exec(fences)?.[1]
  return value === undefined ? undefined : Number(value)
}

function lookUpIn(page: string): LookUp {
  const [yaml = ''] = fencesOf(page, 'yaml')
  const settings = settingsOf(yaml.replace(/"\$\{\w+\}"/g, 'not-a-real-secret'))
  const [probe] = settings.probes.values()
  const [zone] = settings.zones.values()
  const [hook] = settings.hooks?.values() ?? []
  const fences = ['ini', 'xml', 'text'].flatMap((language) => fencesOf(page, language)).join('\n')
  const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000)
  return (name, argument) => {
    if (argument !== undefined) {
      if (name === 'bench') return benchGoal(argument)
      if (name === 'setting') return settingIn(fences, argument)
      // As OpenWrt writes it.
      if (name === 'option') return Number(new RegExp(`option ${argument} '(\\d+)'`).exec(fences)?.[1])
      return undefined
    }
    if (name === 'ttl') return zone?.ttl.max
    if (name === 'interval') return seconds(probe?.intervalMs)
    if (name === 'timeout') return seconds(probe?.timeoutMs)
    if (name === 'fast') return seconds(probe?.fastIntervalMs)
    if (name === 'handover') return seconds(settings.lb?.handoverMs)
    if (name === 'hook') return seconds(hook?.timeoutMs)
    return undefined
  }
}

describe.each(guides)('docs/guides/%s', (name) => {
  const page = `${FOLDER}/${name}`
  const outages = outagesIn(read(page))

  it('says how long the outage is', () => {
    expect(outages.length).toBeGreaterThan(0)
  })

  it.each(outages.map((outage) => [outage.label, outage] as const))(
    '%s: the parts give the sum',
    (_, outage) => {
      const lookUp = lookUpIn(page)
      for (const { seconds, expression } of outage.parts)
        expect(evaluate(expression, lookUp), expression).toBeCloseTo(seconds, 6)
      expect(outage.parts.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(outage.seconds, 6)
    },
  )
})

it('the page of guides has the figures of all of them, and no other', () => {
  const rows = [...read(`${FOLDER}/README.md`).matchAll(/^\| \[.+\]\((\S+)\) \| (.+) \| (\S+) \|$/gm)]
  const there = rows.map(([, name, label, seconds]) => `${name} ${label} ${Number(seconds)}`)
  const told = guides.flatMap((name) =>
    outagesIn(read(`${FOLDER}/${name}`)).map(({ label, seconds }) => `${name} ${label} ${seconds}`),
  )
  expect(there.toSorted()).toEqual(told.toSorted())
})

describe('an expression of a part', () => {
  const lookUp: LookUp = (name, argument) => (name === 'ttl' ? 10 : argument === 'a.b' ? 4 : undefined)
  it.each([
    ['1 + 2 x 3', 7],
    ['(1 + 2) x 3 / 2', 4.5],
    ['ttl + setting(a.b) - 1', 13],
    ['2 x max(0.2, 0.5)', 1],
  ])('%s is %s', (expression, value) => {
    expect(evaluate(expression, lookUp)).toBe(value)
  })
  it.each(['', '1 +', '(1', '1 2', 'nothing', 'setting(c)', 'max(1'])('"%s" is none', (expression) => {
    expect(() => evaluate(expression, lookUp)).toThrow()
  })
  it('and a table without a derivation or a sum is refused', () => {
    const head = '| part | seconds | how it is derived |\n|---|---|---|\n'
    expect(() => outagesIn(`${head}| a | 1 | guessed |\n| **b** | **1** | sum |\n`)).toThrow('not derived')
    expect(() => outagesIn(`${head}| a | 1 | \`1\` |\n`)).toThrow('no sum')
  })
})
