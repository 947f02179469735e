import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { checkZone } from '../../src/zone/check.ts'
import { projectRoot } from '../support/root.ts'

const read = (path: string) => readFile(join(projectRoot(), path), 'utf8')

interface Manifest {
  readonly kind: string
  readonly data: Readonly<Record<string, string>>
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly Container[] } }
    readonly ports: readonly { readonly targetPort: string }[]
  }
}
interface Asked {
  readonly httpGet: { readonly path: string; readonly port: string }
}
interface Container {
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly volumeMounts: readonly { readonly mountPath: string }[]
  readonly startupProbe: Asked
  readonly livenessProbe: Asked
  readonly readinessProbe: Asked
}

async function manifests() {
  const documents = parseAllDocuments(await read('deploy/kubernetes/sipvane.yaml'))
  const all = documents.map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS() as Manifest
  })
  const config = all.find(({ kind }) => kind === 'ConfigMap')?.data['sipvane.yaml'] ?? ''
  const container = all.find(({ kind }) => kind === 'StatefulSet')?.spec.template.spec.containers[0]
  const service = all.find(({ kind }) => kind === 'Service')
  if (container === undefined || service === undefined) throw new Error('the manifest lacks a part')
  return { config, container, service }
}

describe('the manifest for Kubernetes', () => {
  it('has a configuration without a fault, with the environment that the pod has', async () => {
    const { config, container } = await manifests()
    const given: Readonly<Record<string, string>> = {
      HOST_IP: '192.0.2.53',
      POD_NAME: 'sipvane-0',
      SIPVANE_TOKEN: 'a',
    }
    const env = Object.fromEntries(container.env.map(({ name }) => [name, given[name]]))
    const source = { file: 'sipvane.yaml', text: config }
    const loaded = loadConfig(source, { env, hostname: 'pod', baseDir: '/etc/sipvane', checkZone })
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults))
    const { settings, warnings } = loaded
    expect(warnings).toEqual([])
    const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]))
    expect(settings.dns?.listen.map(({ port }) => port)).toEqual([ports['dns-udp']])
    expect(ports['dns-tcp']).toBe(ports['dns-udp'])
    expect(settings.admin?.listen.port).toBe(ports.admin)
    const mounted = container.volumeMounts.map(({ mountPath }) => mountPath)
    expect(mounted).toEqual(['/etc/sipvane', settings.stateDir])
    expect(container.args).toEqual(['run', '-c', '/etc/sipvane/sipvane.yaml'])
  })

  it('asks paths that need no token', async () => {
    const { container, service } = await manifests()
    const asked = (['startupProbe', 'livenessProbe', 'readinessProbe'] as const).map(
      (probe) => container[probe].httpGet,
    )
    expect(asked.map(({ path }) => path)).toEqual(['/healthz', '/healthz', '/readyz'])
    expect(new Set(asked.map(({ port }) => port))).toEqual(new Set(['admin']))
    expect(service.spec.ports.map(({ targetPort }) => targetPort)).toEqual(['admin'])
  })
})

describe('the Dockerfile', () => {
  it('copies what is there, and runs what package.json names', async () => {
    const text = await read('deploy/docker/Dockerfile')
    const copied = [...text.matchAll(/^COPY --from=build \/build\/(\S+) \.\/(\S*)$/gm)].map(
      ([, from]) => from,
    )
    expect(copied).toEqual(['package.json', 'bin', 'dist', 'node_modules'])
    const { files, bin, engines } = JSON.parse(await read('package.json'))
    for (const folder of ['bin', 'dist']) expect(files).toContain(folder)
    expect(text).toContain(`ENTRYPOINT ["node", "/opt/sipvane/${bin.sipvane}"]`)
    await access(join(projectRoot(), bin.sipvane))
    const images = [...text.matchAll(/^FROM node:(\d+)/gm)].map(([, major]) => Number(major))
    expect(images).toHaveLength(2)
    for (const major of images) expect(major).toBeGreaterThanOrEqual(Number(engines.node.replace('>=', '')))
  })
})
