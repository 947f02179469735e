import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { health } from '../../src/admin/metrics/health.ts'
import { instance } from '../../src/admin/metrics/instance.ts'
import { routes } from '../../src/admin/routes/registry.ts'
import type { Facade } from '../../src/app/facade.ts'
import { exportedBy, tableIn } from '../support/metric-table.ts'
import { projectRoot } from '../support/root.ts'

const read = (path: string) => readFile(join(projectRoot(), path), 'utf8')

describe('docs/going-live.md', async () => {
  const page = await read('docs/going-live.md')

  it('has the metrics of the monitor and of health, each with its type and labels', () => {
    expect(tableIn(page)).toEqual([...exportedBy(instance), ...exportedBy(health)])
  })

  it('has every path of the HTTP API, and no other', () => {
    const server = fastify({ exposeHeadRoutes: false })
    const there: string[] = []
    server.addHook('onRoute', ({ method, url }) => {
      there.push(`${[method].flat().join(',')} ${url}`)
    })
    for (const register of routes) register(server, {} as Facade)
    const told = [...page.matchAll(/^\| `((?:GET|PUT|POST|DELETE) [^`]+)` \|/gm)].map(([, path]) => path)
    expect(told.toSorted()).toEqual(there.toSorted())
  })

  it('sets up the unit as it is: its paths, its user, its folder of state', async () => {
    const unit = await read('deploy/systemd/sipvane.service')
    for (const path of [
      '/opt/sipvane/bin/sipvane.js',
      '/etc/sipvane/sipvane.yaml',
      '/etc/sipvane/environment',
    ])
      expect(unit).toContain(path)
    expect(unit).toMatch(/^StateDirectory=sipvane$/m)
    for (const path of [
      '/opt/sipvane',
      '/etc/sipvane/sipvane.yaml',
      '/etc/sipvane/environment',
      '/var/lib/sipvane',
    ])
      expect(page).toContain(path)
    // With a user of its own the service could not read what only root may.
    expect(unit).toMatch(/^DynamicUser=yes$/m)
    expect(page).toContain('chmod 644 /etc/sipvane/sipvane.yaml')
  })

  it('names only events that the log has', async () => {
    const rows = [...page.matchAll(/^\| (`[a-z]+\.[a-z-]+`(?:, `[a-z]+\.[a-z-]+`)*) \|/gm)]
    const events = rows.flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name))
    const sources = (await readdir(join(projectRoot(), 'src'), { recursive: true })).filter((name) =>
      name.endsWith('.ts'),
    )
    const text = (await Promise.all(sources.map((name) => read(join('src', name))))).join('\n')
    expect(events.length).toBeGreaterThan(7)
    expect(events.filter((event) => !text.includes(`'${event}'`))).toEqual([])
  })
})
