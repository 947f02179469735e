import { describe, expect, it } from 'vitest'
import { type Import, importsOf } from '../support/imports.ts'

/** A layer may import itself and what stands here (the table of docs/architecture.md); everything else is a breach. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  'wire/dns': ['core'],
  'wire/sip': ['core'],
  'wire/stun': ['core'],
  health: ['core'],
  policy: ['core'],
  zone: ['core', 'wire/dns'],
  probes: ['core', 'wire/dns', 'wire/sip', 'wire/stun'],
  publishers: ['core', 'wire/dns', 'zone'],
  telemetry: ['core'],
  state: ['core'],
  config: ['core', 'probes/registry.ts', 'probes/definition.ts', 'policy/registry.ts'],
  app: ['core', 'wire', 'health', 'policy', 'zone', 'probes', 'publishers', 'telemetry', 'state', 'config'],
  admin: ['app', 'core', 'config'],
  cli: ['app', 'core', 'config', 'admin', 'telemetry', 'zone'],
}

/** The middle has no effects: no file, socket, process or timer module. */
const PURE = ['core', 'wire/dns', 'wire/sip', 'wire/stun', 'health', 'policy', 'zone']
const PURE_NODE_MODULES = new Set(['node:crypto', 'node:util', 'node:net'])

/** One probe kind never leans on another; what they share lies in folders of its own. */
const KINDS = /^src\/probes\/[^/]+\.ts$/

function layerOf(path: string): string | undefined {
  const inside = path.replace(/^src\//, '')
  return Object.keys(MAY_IMPORT).find((layer) => inside.startsWith(`${layer}/`))
}

function breaches(imports: readonly Import[], kinds: ReadonlySet<string>): string[] {
  const found: string[] = []
  for (const { from, to, kind } of imports) {
    const layer = layerOf(from)
    if (layer === undefined) {
      found.push(`${from} lies in no layer`)
      continue
    }
    if (kind === 'node' && PURE.includes(layer) && !PURE_NODE_MODULES.has(to))
      found.push(`${from} imports ${to}: ${layer} is pure`)
    if (kind !== 'own') continue
    if (!to.startsWith('src/')) {
      found.push(`${from} imports ${to} from outside src`)
      continue
    }
    const target = to.replace(/^src\//, '')
    const allowed = [layer, ...(MAY_IMPORT[layer] ?? [])]
    if (!allowed.some((prefix) => target === prefix || target.startsWith(`${prefix}/`))) {
      found.push(`${from} imports ${to}: ${layer} must not`)
    }
    if (KINDS.test(from) && kinds.has(from) && kinds.has(to) && from !== to)
      found.push(`${from} imports another probe, ${to}`)
  }
  return found
}

/** What the registry imports are the kinds. */
function kindsOf(imports: readonly Import[]): Set<string> {
  const registry = imports.filter((one) => one.from === 'src/probes/registry.ts' && KINDS.test(one.to))
  return new Set(registry.map((one) => one.to).filter((path) => path !== 'src/probes/definition.ts'))
}

describe('imports', () => {
  it('run one way: every layer imports only what its rank allows', async () => {
    const imports = await importsOf('.', 'src')
    expect(imports.length).toBeGreaterThan(100)
    expect(breaches(imports, kindsOf(imports))).toEqual([])
  })

  it('that run the wrong way are found (red fixture)', async () => {
    const imports = await importsOf('test/fixtures/red/imports', 'src')
    expect(breaches(imports, kindsOf(imports))).toEqual([
      'src/core/upward.ts imports src/health/machine.ts: core must not',
      'src/health/effect.ts imports node:fs: health is pure',
      'src/health/sideways.ts imports src/probes/tcp.ts: health must not',
      'src/lost.ts lies in no layer',
      'src/probes/icmp.ts imports another probe, src/probes/tcp.ts',
    ])
  })
})
