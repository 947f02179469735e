import { describe, expect, it } from 'vitest'
import { type Import, importsOf } from '../support/imports.ts'

/** A layer may import itself and what stands here (the table of docs/architecture.md); everything else is a breach. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  'wire/dns': ['core'],
  'wire/sip': ['core'],
  'wire/stun': ['core'],
  'wire/rtp': ['core'],
  'wire/icmp': ['core'],
  health: ['core'],
  policy: ['core'],
  zone: ['core', 'wire/dns'],
  probes: ['core', 'wire/dns', 'wire/sip', 'wire/stun', 'wire/rtp', 'wire/icmp'],
  publishers: ['core', 'wire/dns', 'zone'],
  telemetry: ['core'],
  state: ['core'],
  config: [
    'core',
    'probes/registry.ts',
    'probes/definition.ts',
    'policy/registry.ts',
    'publishers/providers/registry.ts',
    'publishers/providers/definition.ts',
    'publishers/hooks/registry.ts',
    'publishers/hooks/definition.ts',
  ],
  app: ['core', 'wire', 'health', 'policy', 'zone', 'probes', 'publishers', 'telemetry', 'state', 'config'],
  admin: ['app', 'core', 'config'],
  cli: ['app', 'core', 'config', 'admin', 'telemetry', 'zone'],
}

/** The middle has no effects: no file, socket, process or timer module. */
const PURE = [
  'core',
  'wire/dns',
  'wire/sip',
  'wire/stun',
  'wire/rtp',
  'wire/icmp',
  'health',
  'policy',
  'zone',
]
/** The loop that keeps managed zones gets its time, timers and provider handed in. */
const RECONCILE = 'src/publishers/reconcile/'
const PURE_NODE_MODULES = new Set(['node:crypto', 'node:util', 'node:net'])

/** One probe kind never leans on another; what they share lies in folders of its own. */
const KINDS = /^src\/probes\/[^/]+\.ts$/

/** A provider is a file and a folder of the same name. */
const PROVIDER = /^src\/publishers\/providers\/([a-z0-9]+)(?:\.ts|\/)/

function providerOf(path: string, providers: readonly string[]): string | undefined {
  const name = PROVIDER.exec(path)?.[1]
  return name !== undefined && name !== 'definition' && providers.includes(name) ? name : undefined
}

/** A kind of hook is a file; the folders beside it are what it and others are made of. */
const HOOK = /^src\/publishers\/hooks\/[a-z0-9-]+\.ts$/
const HOOK_FRAME = /\/(?:definition|error|registry)\.ts$/

function isHookKind(path: string): boolean {
  return HOOK.test(path) && !HOOK_FRAME.test(path)
}

function layerOf(path: string): string | undefined {
  const inside = path.replace(/^src\//, '')
  return Object.keys(MAY_IMPORT).find((layer) => inside.startsWith(`${layer}/`))
}

function breaches(imports: readonly Import[], kinds: ReadonlySet<string>): string[] {
  const found: string[] = []
  const providers = imports
    .filter((one) => one.from === 'src/publishers/providers/registry.ts')
    .flatMap((one) => PROVIDER.exec(one.to)?.[1] ?? [])
  for (const { from, to, kind } of imports) {
    const layer = layerOf(from)
    if (layer === undefined) {
      found.push(`${from} lies in no layer`)
      continue
    }
    const pure = PURE.includes(layer) || from.startsWith(RECONCILE)
    if (kind === 'node' && pure && !PURE_NODE_MODULES.has(to))
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
    if (kind === 'own' && isHookKind(from) && isHookKind(to))
      found.push(`${from} imports another hook, ${to}`)
    const [provider, other] = [providerOf(from, providers), providerOf(to, providers)]
    if (provider !== undefined && other !== undefined && provider !== other)
      found.push(`${from} imports another provider, ${to}`)
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
      'src/publishers/hooks/chat.ts imports another hook, src/publishers/hooks/letter.ts',
      'src/publishers/providers/azure.ts imports another provider, src/publishers/providers/google/api.ts',
      'src/publishers/reconcile/loop.ts imports node:dns: publishers is pure',
    ])
  })
})
