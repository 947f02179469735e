import { afterEach, describe, expect, it } from 'vitest'
import { floatingIp } from '../../../src/publishers/hooks/floating-ip.ts'
import { type DriveOptions, DSL, decision, driveHook, LTE } from '../../support/hook-driver.ts'
import { createHttpLab, type HttpLab, type LabReply, type LabRequest } from '../../support/http-lab.ts'

const TOKEN = 'not-a-real-token-0123456789'
const HOLDERS = { dsl: 101, lte: '102' }

interface World {
  holder: number | null
  /** Looks at the action until it is done. */
  looks: number
  outcome: 'done' | 'error'
  failing?: LabReply
}

let lab: HttpLab | undefined
afterEach(async () => {
  await lab?.close()
  lab = undefined
})

const json = (value: unknown, status = 200): LabReply => ({ status, body: JSON.stringify(value) })

/** Hetzner Cloud v1, the part about one floating IP. */
function hetzner(world: World) {
  let wanted = 0
  const action = () => {
    const over = world.looks <= 0
    if (over && world.outcome === 'done') world.holder = wanted
    const status = !over ? 'running' : world.outcome === 'done' ? 'success' : 'error'
    const error = status === 'error' ? { code: 'action_failed', message: 'Action failed' } : null
    return json({ action: { id: 13, command: 'assign_floating_ip', status, error } }, 201)
  }
  return ({ method, path, body }: LabRequest): LabReply => {
    if (method === 'GET' && path === '/floating_ips/4711')
      return json({ floating_ip: { id: 4711, server: world.holder, ip: '203.0.113.9' } })
    if (method === 'POST' && path === '/floating_ips/4711/actions/assign') {
      wanted = JSON.parse(body).server
      return action()
    }
    if (path === '/actions/13') {
      world.looks--
      return action()
    }
    return json({ error: { code: 'not_found', message: 'not found' } }, 404)
  }
}

/** DigitalOcean v2, the part about one reserved IP. */
function digitalocean(world: World) {
  let wanted = 0
  const action = () => {
    const over = world.looks <= 0
    if (over && world.outcome === 'done') world.holder = wanted
    const status = !over ? 'in-progress' : world.outcome === 'done' ? 'completed' : 'errored'
    return json({ action: { id: 72, type: 'assign_ip', status } }, 201)
  }
  return ({ method, path, body }: LabRequest): LabReply => {
    if (method === 'GET' && path === '/reserved_ips/203.0.113.9')
      return json({
        reserved_ip: { ip: '203.0.113.9', droplet: world.holder === null ? null : { id: world.holder } },
      })
    if (method === 'POST' && path === '/reserved_ips/203.0.113.9/actions') {
      const { type, droplet_id } = JSON.parse(body)
      if (type !== 'assign') return json({ id: 'unprocessable_entity' }, 422)
      wanted = droplet_id
      return action()
    }
    if (path === '/reserved_ips/203.0.113.9/actions/72') {
      world.looks--
      return action()
    }
    return json({ id: 'not_found', message: 'The resource you were accessing could not be found.' }, 404)
  }
}

const CLOUDS = {
  hetzner: { serve: hetzner, address: 4711 },
  digitalocean: { serve: digitalocean, address: '203.0.113.9' },
}

async function set(cloud: keyof typeof CLOUDS, more: Partial<World> = {}, drive: DriveOptions = {}) {
  const world: World = { holder: 101, looks: 2, outcome: 'done', ...more }
  const { serve, address } = CLOUDS[cloud]
  const answer = serve(world)
  lab = await createHttpLab((request) => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return json({ id: 'unauthorized' }, 401)
    return request.method === 'POST' && world.failing !== undefined ? world.failing : answer(request)
  })
  const given = { cloud, address, holders: HOLDERS, apiToken: TOKEN, baseUrl: lab.url }
  return { world, lab, ...driveHook(floatingIp, given, drive) }
}

const posts = ({ requests }: HttpLab) => requests.filter(({ method }) => method === 'POST').length

describe.each(['hetzner', 'digitalocean'] as const)('a floating IP at %s', (cloud) => {
  it('is assigned to the live server; the action is looked after, and the end verified', async () => {
    const { run, world, lab } = await set(cloud)
    const { error, steps } = await run(decision(LTE))
    expect(error).toBeUndefined()
    expect(world.holder).toBe(102)
    expect(steps.at(-1)).toBe('verified')
    expect(posts(lab)).toBe(1)
  })

  it('is left alone when it is there already, is nowhere, or nobody is better', async () => {
    const { run, lab } = await set(cloud)
    expect((await run(decision(DSL))).steps[0]).toContain('already')
    expect((await run(decision(LTE, { mode: 'last-resort' }))).error).toBeUndefined()
    expect(posts(lab)).toBe(0)
  })

  it('that nobody has is assigned as well', async () => {
    const { run, world } = await set(cloud, { holder: null, looks: 0 })
    expect((await run(decision(LTE))).error).toBeUndefined()
    expect(world.holder).toBe(102)
  })

  it('whose action fails is told of, and may be tried again', async () => {
    const { run } = await set(cloud, { outcome: 'error', looks: 0 })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-failed', retryable: true })
  })

  it('stays where it is in a dry run', async () => {
    const { run, lab } = await set(cloud, {}, { dryRun: true })
    expect((await run(decision(LTE))).steps[0]).toMatch(/^would move .* from 101 to 102$/)
    expect(posts(lab)).toBe(0)
  })

  it.each([
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { code: 'hook-throttled', retryAfterMs: 7_000 },
    ],
    [{ status: 500, body: 'oops' }, { code: 'hook-failed' }],
    [{ status: 423, body: '{"error":{"code":"locked"}}' }, { code: 'hook-failed' }],
    [{ status: 200, body: 'not JSON' }, { code: 'hook-protocol' }],
    [{ status: 200, body: 'x'.repeat(2_000_000) }, { code: 'hook-protocol' }],
    [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }, { code: 'hook-refused' }],
  ])('answered with %j is a fault of its kind', async (failing, expected) => {
    const { run } = await set(cloud, { failing })
    const { error } = await run(decision(LTE))
    expect(error).toMatchObject(expected)
    expect(error?.message).not.toContain(TOKEN)
  })

  it('that never answers is broken off at the deadline', async () => {
    const { run } = await set(cloud, { failing: { silent: true } }, { timeoutMs: 300 })
    expect((await run(decision(LTE))).error).toMatchObject({ code: 'hook-timeout' })
  })
})
