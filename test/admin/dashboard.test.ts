import { createHash } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { SCRIPT } from '../../src/admin/dashboard/script.ts'
import { type AdminLab, startAdminLab } from '../support/admin-lab.ts'
import { until } from '../support/sip-real-time.ts'

const HOSTILE = '<img src=x onerror=alert(1)>'
const CONFIG = `
probes: { told: { type: push, expiresIn: 1h, fall: 1 } }
pools:
  edge:
    policy: failover
    probes: [told]
    targets: { sip1: { address: 192.0.2.11, priority: 1 }, sip2: { address: 192.0.2.12, priority: 2 } }
zones:
  voice.example.com:
    nameservers: [ns1.example.net., ns2.example.net.]
    answers: [{ name: "@", type: A, pool: edge }]
`

/** As much of a browser's document as the page uses; `innerHTML` and its like are missing on purpose. */
class FakeElement {
  textContent = ''
  className = ''
  value = ''
  hidden = false
  children: FakeElement[] = []
  readonly listeners = new Map<string, (event: unknown) => void>()
  append(...added: FakeElement[]): void {
    this.children.push(...added)
  }
  replaceChildren(...added: FakeElement[]): void {
    this.children = added
  }
  addEventListener(type: string, listener: (event: unknown) => void): void {
    this.listeners.set(type, listener)
  }
  text(): string {
    return [this.textContent, ...this.children.map((child) => child.text())].join('\n')
  }
}

let lab: AdminLab | undefined
afterEach(async () => {
  await lab?.close()
  lab = undefined
})

/** Runs the page's script once over against a running instance. */
function browse(running: AdminLab) {
  const elements = new Map<string, FakeElement>()
  const storage = new Map<string, string>()
  const byId = (id: string) => {
    const known = elements.get(id) ?? new FakeElement()
    elements.set(id, known)
    return known
  }
  const document = { title: '', getElementById: byId, createElement: () => new FakeElement() }
  runInNewContext(SCRIPT, {
    document,
    sessionStorage: {
      getItem: (key: string) => storage.get(key) ?? null,
      setItem: (key: string, value: string) => storage.set(key, value),
    },
    fetch: (path: string, init: RequestInit) => running.ask(path, init),
    // Once is enough: the test asks again by the form where it wants to.
    setTimeout: () => 0,
  })
  return { document, byId }
}

describe('the dashboard', () => {
  it('is one page at /, whole in itself, that runs nothing but its own script', async () => {
    lab = await startAdminLab(CONFIG)
    const response = await lab.ask('/')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const page = await response.text()
    const script = /<script>(.*?)<\/script>/s.exec(page)?.[1] ?? ''
    const policy = response.headers.get('content-security-policy') ?? ''
    const digest = createHash('sha256').update(script).digest('base64')
    expect(policy).toContain(`script-src 'sha256-${digest}'`)
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(page).not.toMatch(/(?:src|href)=|https?:/)
  })

  it('shows pools, targets, zones and events, and takes no word of a server for markup', async () => {
    lab = await startAdminLab(CONFIG)
    await lab.ask('/v1/pools/edge/targets/sip1/report', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ result: 'fail', detail: HOSTILE }),
    })
    const { app } = lab
    await until(() => JSON.stringify(app.status()).includes(HOSTILE), 'the report counts')
    const { document, byId } = browse(lab)
    await until(() => byId('parts').children.length > 0, 'the page shows something')
    const shown = byId('parts').text()
    expect(document.title).toMatch(/: sipvane$/)
    expect(byId('trouble').text()).toBe('')
    expect(shown).toContain('Pool edge (failover)')
    for (const word of ['sip1', 'sip2', '192.0.2.12', 'voice.example.com.', 'Last events'])
      expect(shown).toContain(word)
    expect(shown).toContain(HOSTILE)
  })

  it('asks for the token where one is set, and shows the state with it', async () => {
    lab = await startAdminLab(CONFIG, { token: 'let-me-in' })
    expect((await lab.ask('/')).status).toBe(200)
    expect((await lab.ask('/v1/status')).status).toBe(401)
    const { byId } = browse(lab)
    await until(() => byId('trouble').text().includes('a token is required'), 'the page says so')
    expect(byId('sign-in').hidden).toBe(false)
    expect(byId('parts').children).toEqual([])
    byId('token').value = 'let-me-in'
    byId('sign-in').listeners.get('submit')?.({ preventDefault: () => {} })
    await until(() => byId('parts').children.length > 0, 'the page shows something')
    expect(byId('sign-in').hidden).toBe(true)
    expect(byId('parts').text()).toContain('Pool edge')
  })

  it('says that there is no news rather than show old news as new', async () => {
    const running = await startAdminLab(CONFIG)
    await running.close()
    const { byId } = browse(running)
    await until(() => byId('trouble').text().includes('No news from this instance'), 'the page says so')
    expect(byId('parts').children).toEqual([])
  })
})
