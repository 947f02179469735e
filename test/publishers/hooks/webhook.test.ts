import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { EVENT_TYPES, type SipvaneEvent } from '../../../src/core/event.ts'
import { keyOf, signatureHeaders } from '../../../src/publishers/hooks/webhook/sign.ts'
import { messageFor, TEMPLATES } from '../../../src/publishers/hooks/webhook/templates.ts'
import { webhook } from '../../../src/publishers/hooks/webhook.ts'
import { type DriveOptions, decision, driveHook, eventOf, LTE } from '../../support/hook-driver.ts'
import { createHttpLab, type HttpLab } from '../../support/http-lab.ts'
import { realTime } from '../../support/sip-real-time.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

let lab: HttpLab | undefined
afterEach(async () => {
  await lab?.close()
  lab = undefined
})

async function set(options: object = {}, drive: DriveOptions = {}) {
  lab = await createHttpLab(() => ({ status: 204 }))
  return { lab, ...driveHook(webhook, { url: `${lab.url}/services/T0/SECRETPATH`, ...options }, drive) }
}

const DOWN = eventOf({
  type: 'verdict.changed',
  pool: 'office',
  target: 'office/dsl' as never,
  from: 'up',
  to: 'down',
  real: 'down',
  why: ['no <answer> & more'],
})
const body = (template: (typeof TEMPLATES)[number], event: SipvaneEvent) =>
  JSON.parse(messageFor(template, event, 'routing-key').body)

describe('a webhook', () => {
  it('posts a CloudEvent, signed so that the receiver can check body, id and time', async () => {
    const { run, lab } = await set({ secret: SECRET, headers: { 'X-Team': 'voice' } })
    const event = decision(LTE)
    expect((await run(event)).error).toBeUndefined()
    const [request] = lab.requests
    expect(request?.headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      'webhook-id': event.id,
      'x-team': 'voice',
    })
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      specversion: '1.0',
      id: event.id,
      source: '/sipvane/ns1',
      type: 'sipvane.decision.changed',
      subject: 'office',
      time: '2027-01-15T08:00:00.000Z',
      data: { mode: 'failover', active: [{ name: 'lte', addresses: ['198.51.100.1'] }] },
    })
    const signed = `${event.id}.${request?.headers['webhook-timestamp']}.${request?.body}`
    const mac = createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
      .update(signed)
      .digest('base64')
    expect(request?.headers['webhook-signature']).toBe(`v1,${mac}`)
    expect(Math.abs(Number(request?.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60)
  })

  it('is signed with the time of day, though our own clock counts from a start at which the host did not know it', async () => {
    const time = { ...realTime, nowMs: () => realTime.nowMs() - 86_400_000 }
    const { run, lab } = await set({ secret: SECRET }, { time })
    expect((await run(decision(LTE))).error).toBeUndefined()
    const stampS = Number(lab.requests[0]?.headers['webhook-timestamp'])
    expect(Math.abs(stampS - Date.now() / 1000)).toBeLessThan(60)
  })

  it('signs as the Standard Webhooks specification shows', () => {
    // The example of the specification's reference libraries.
    const headers = signatureHeaders(
      SECRET,
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      '{"test": 2432232314}',
      1_614_265_330_000,
    )
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
    expect(keyOf('plain words').toString()).toBe('plain words')
  })

  it('shows neither its path nor a secret when it fails', async () => {
    const { run, lab } = await set({ secret: SECRET, headers: { Authorization: 'Bearer hidden-word' } })
    lab.behave(({ path, headers }) => ({
      status: 400,
      body: `bad ${path} ${headers.authorization} ${SECRET}`,
    }))
    const { error } = await run(decision(LTE))
    expect(error).toMatchObject({ code: 'hook-refused', retryable: false })
    expect(error?.message).not.toMatch(/SECRETPATH|hidden-word|whsec_/)
    await lab.close()
    const gone = await run(decision(LTE))
    expect(gone.error).toMatchObject({ code: 'hook-unreachable', retryable: true })
    expect(gone.error?.message).not.toMatch(/SECRETPATH/)
  })

  it("shows PagerDuty's integration key nowhere, though the answer quotes it", async () => {
    const routingKey = '0123456789abcdef0123456789abcdef'
    const { run, lab } = await set({ template: 'pagerduty', routingKey })
    lab.behave(({ body }) => ({ status: 400, body }))
    const { error } = await run(decision(LTE))
    expect(error?.message).toContain('***')
    expect(error?.message).not.toContain(routingKey)
  })

  it('breaks off an answer that has no end', async () => {
    let closed = false
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(200)
      const flood = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', flood).on('close', () => {
        closed = true
      })
      flood()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { run } = driveHook(webhook, { url: `http://127.0.0.1:${port}/` })
    expect((await run(decision(LTE))).error).toBeUndefined()
    await expect.poll(() => closed, { timeout: 10_000 }).toBe(true)
    await new Promise((resolve) => server.close(resolve))
  })

  it.each([301, 302, 303, 307, 308])(
    'does not follow a redirect (%i), least of all to another host',
    async (status) => {
      const { run, lab } = await set({ secret: SECRET, headers: { Authorization: 'Bearer hidden-word' } })
      const elsewhere = await createHttpLab()
      try {
        lab.behave(() => ({ status, headers: { location: `${elsewhere.url}/hooks` } }))
        const { error } = await run(decision(LTE))
        expect(error).toMatchObject({ code: 'hook-refused', retryable: false })
        expect(lab.requests).toHaveLength(1)
        expect(elsewhere.requests).toEqual([])
      } finally {
        await elsewhere.close()
      }
    },
  )

  it.each([
    [200, undefined],
    [503, { code: 'hook-failed', retryable: true }],
    [404, { code: 'hook-refused', retryable: false }],
  ])('reads no more of a reply than it needs: %i with 10 MB is that status', async (status, expected) => {
    const { run, lab } = await set()
    lab.behave(() => ({ status, body: 'x'.repeat(10_000_000) }))
    const { error } = await run(decision(LTE))
    if (expected === undefined) expect(error).toBeUndefined()
    else expect(error).toMatchObject(expected)
    expect(error?.message.length ?? 0).toBeLessThan(1_000)
    expect(lab.requests).toHaveLength(1)
  })

  it('posts nothing in a dry run, and one test event in a test', async () => {
    const { run, check, lab } = await set({}, { dryRun: true })
    expect((await run(decision(LTE))).steps[0]).toContain('would post')
    expect(lab.requests).toHaveLength(0)
    const real = await set()
    expect((await real.check()).value).toMatchObject([{ result: 'pass' }, { result: 'warn' }])
    expect(JSON.parse(real.lab.requests[0]?.body ?? '')).toMatchObject({ type: 'sipvane.hook.test' })
    expect((await check()).error).toBeUndefined()
  })
})

describe('the templates', () => {
  it('have JSON for every event', () => {
    const base = {
      pool: 'p',
      why: [],
      hook: 'h',
      zone: 'z.',
      active: [],
      detail: 'd',
      target: 'p/t',
      to: 'up',
      from: 'down',
      serial: 1,
      watched: 1,
      mode: 'normal',
    }
    for (const template of TEMPLATES) {
      for (const type of [...EVENT_TYPES, 'hook.test']) {
        const event = { ...base, type, id: 'x', atMs: 0, node: 'ns1' } as unknown as SipvaneEvent
        expect(JSON.stringify(body(template, event))).not.toContain('undefined')
      }
    }
  })

  it('for Slack escape what Slack reads as markup, and nothing else', () => {
    expect(body('slack', DOWN)).toEqual({
      text: ':rotating_light: *office/dsl is down (it was up)*\nno &lt;answer&gt; &amp; more\n_ns1_',
    })
  })

  it('for Teams are an Adaptive Card', () => {
    expect(body('teams', DOWN)).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: { type: 'AdaptiveCard', version: '1.4', body: [{ color: 'Attention' }, {}, {}] },
        },
      ],
    })
  })

  it('for Teams take no word of a server for markup: a phrase cannot be a link', () => {
    const phrase = '[Your password has expired](https://evil.example) **now**'
    const card = body('teams', { ...DOWN, why: [phrase] } as SipvaneEvent) as {
      attachments: { content: { body: { type: string; text?: string; inlines?: unknown }[] } }[]
    }
    const blocks = card.attachments[0]?.content.body ?? []
    // A TextBlock reads Markdown, a TextRun does not (Adaptive Cards, "Text features").
    expect(blocks.filter(({ type, text }) => type === 'TextBlock' && text?.includes('evil'))).toEqual([])
    expect(blocks).toContainEqual({ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: phrase }] })
  })

  it('for PagerDuty trigger and resolve one incident', () => {
    const up = { ...DOWN, from: 'down', to: 'up', real: 'up' } as SipvaneEvent
    expect(body('pagerduty', DOWN)).toMatchObject({
      routing_key: 'routing-key',
      event_action: 'trigger',
      dedup_key: 'sipvane:verdict:office/dsl',
      payload: { severity: 'error', source: 'ns1' },
    })
    expect(body('pagerduty', up)).toMatchObject({
      event_action: 'resolve',
      dedup_key: 'sipvane:verdict:office/dsl',
    })
  })

  it('for PagerDuty show a test as an incident, which would else be nothing to see', () => {
    const test = eventOf({ type: 'hook.test', hook: 'oncall' })
    expect(body('pagerduty', test)).toMatchObject({ event_action: 'trigger', payload: { severity: 'info' } })
  })

  it('for Alertmanager keep the labels from the beginning to the end of an alert', () => {
    const up = { ...DOWN, from: 'down', to: 'up', real: 'up' } as SipvaneEvent
    const [firing] = body('alertmanager', DOWN)
    const [over] = body('alertmanager', up)
    expect(firing.labels).toEqual(over.labels)
    expect(Date.parse(firing.endsAt)).toBeGreaterThan(DOWN.atMs + 86_400_000)
    expect(Date.parse(over.endsAt)).toBe(DOWN.atMs)
  })
})
