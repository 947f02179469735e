/** What the runner relies on, for every kind of hook: the registry's kinds are all here. */
import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { HookDefinition } from '../../src/publishers/hooks/definition.ts'
import { hookDefinitions } from '../../src/publishers/hooks/registry.ts'
import { decision, driveHook, LTE } from '../support/hook-driver.ts'

const SECRET = 'N0T-A-REAL-SECRET-0123456789'
const HOLDERS = { dsl: 'eni-0123456789abcdef0', lte: 'eni-0123456789abcdef1' }
const AWS = {
  region: 'eu-central-1',
  holders: HOLDERS,
  accessKeyId: 'AKIAEXAMPLEEXAMPLE',
  secretAccessKey: SECRET,
}

/** Options of a sound hook whose far end is on this port of loopback. */
const SOUND: Readonly<Record<string, (port: number) => object>> = {
  'asterisk-ami': (port) => ({ port, user: 'u', secret: SECRET }),
  'freeswitch-esl': (port) => ({ port, password: SECRET }),
  webhook: (port) => ({ url: `http://127.0.0.1:${port}/${SECRET}`, secret: SECRET }),
  exec: () => ({ command: ['sleep', '60'], env: { TOKEN: SECRET } }),
  email: (port) => ({
    server: '127.0.0.1',
    port,
    user: 'u',
    password: SECRET,
    from: 'a@example.com',
    to: ['b@example.com'],
  }),
  'aws-route': (port) => ({
    ...AWS,
    endpoint: `http://127.0.0.1:${port}`,
    routeTable: 'rtb-01234567',
    destination: '203.0.113.9/32',
  }),
  'aws-elastic-ip': (port) => ({
    ...AWS,
    endpoint: `http://127.0.0.1:${port}`,
    allocation: 'eipalloc-01234567',
  }),
  'floating-ip': (port) => ({
    cloud: 'hetzner',
    address: 1,
    holders: { dsl: 1, lte: 2 },
    apiToken: SECRET,
    baseUrl: `http://127.0.0.1:${port}`,
  }),
}

let close = async () => {}
afterEach(() => close())

/** A far end that takes connections and says what it is told to, or nothing. */
async function farEnd(say?: string) {
  const sockets = new Set<Socket>()
  let heard = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    if (say !== undefined) socket.write(say)
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.length
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const where = server.address()
  const port = typeof where === 'object' && where !== null ? where.port : 0
  close = () =>
    new Promise((resolve) => {
      close = async () => {}
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    })
  return { port, sockets, heard: () => heard }
}

it('there is a sound hook of every kind here', () => {
  expect(Object.keys(SOUND).sort()).toEqual([...hookDefinitions.keys()].sort())
})

describe.each([...hookDefinitions])('%s', (kind, definition: HookDefinition) => {
  const options = (port: number) => SOUND[kind]?.(port) ?? {}
  const remote = kind !== 'exec'
  /** Of those that talk to somebody. */
  const remoteIt = (title: string, body: () => Promise<void>) => (remote ? it(title, body) : undefined)

  it('describes itself: a summary, options that editors can be told of, events that it knows', () => {
    expect(definition.summary).toMatch(/\.$/)
    const schema = z.toJSONSchema(definition.options, { io: 'input', unrepresentable: 'any' })
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
    expect(definition.defaultOn.length).toBeGreaterThan(0)
    for (const type of definition.defaultOn) expect(definition.events).toContain(type)
  })

  it('names its secrets', () => {
    expect(definition.secrets(definition.options.parse(options(1))).join()).toContain(SECRET)
  })

  it('ends at once when it is stopped, and leaves nothing open', async () => {
    const { port, sockets, heard } = await farEnd()
    const stop = new AbortController()
    const running = driveHook(definition, options(port), { signal: stop.signal }).run(decision(LTE))
    if (remote) await expect.poll(() => sockets.size).toBe(1)
    // HTTP speaks first; the others wait for a greeting.
    if (/127\.0\.0\.1:/.test(JSON.stringify(options(port)))) await expect.poll(heard).toBeGreaterThan(0)
    stop.abort()
    expect((await running).error).toMatchObject({ code: 'hook-stopped', retryable: false })
    await expect.poll(() => sockets.size).toBe(0)
  })

  it('that gets no answer ends at its deadline, and may be tried again', async () => {
    const { port } = await farEnd()
    const { error } = await driveHook(definition, options(port), { timeoutMs: 300 }).run(decision(LTE))
    expect(error).toMatchObject({ code: 'hook-timeout', retryable: true })
  })

  remoteIt('that finds nobody is unreachable, may be tried again, and shows no secret', async () => {
    const { port } = await farEnd()
    await close()
    const { error, steps } = await driveHook(definition, options(port)).run(decision(LTE))
    expect(error).toMatchObject({ code: 'hook-unreachable', retryable: true })
    expect(`${error?.message} ${error?.stack} ${steps.join()}`).not.toContain(SECRET)
  })

  remoteIt('that is answered with rubbish ends, and shows no secret', async () => {
    const { port } = await farEnd(`\u0000\u0001 ${SECRET} \r\n\r\n\n\n{"<".repeat(9)}\u001b[2J`)
    const { error, steps } = await driveHook(definition, options(port), { timeoutMs: 3_000 }).run(
      decision(LTE),
    )
    expect(error?.code).toMatch(/^hook-/)
    expect(`${error?.message} ${steps.join()}`).not.toContain(SECRET)
    expect(`${error?.message}`).toMatch(/^[\x20-\x7e]*$/)
  })

  it('in a dry run writes nothing to anybody who does not answer', async () => {
    const { port } = await farEnd()
    const end = await driveHook(definition, options(port), { dryRun: true, timeoutMs: 300 }).run(
      decision(LTE),
    )
    // Those that tell need nobody for a dry run; the others look first.
    if (definition.takes === 'each') expect(end.error).toBeUndefined()
    else expect(end.error).toMatchObject({ code: 'hook-timeout' })
  })
})
