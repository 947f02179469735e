import { describe, expect, it } from 'vitest'
import { BodyTooLong, capped } from '../../../../src/publishers/providers/cloudflare/body-limit.ts'
import { toProviderError } from '../../../../src/publishers/providers/cloudflare/faults.ts'

const answering = (body: string | null) => capped(async () => new Response(body, { status: 201 }), 10)

describe('a capped fetch', () => {
  it('passes on what fits, and what has no body', async () => {
    const response = await answering('0123456789')('http://127.0.0.1/')
    expect([response.status, await response.text()]).toEqual([201, '0123456789'])
    expect(await (await answering(null)('http://127.0.0.1/')).text()).toBe('')
  })

  it('breaks off one octet later, which is a fault of the protocol', async () => {
    const response = await answering('0123456789a')('http://127.0.0.1/')
    const error = await response.text().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(BodyTooLong)
    const context = { what: 'read', writes: true, secrets: [], timedOut: false, aborted: false }
    expect(toProviderError(error, context)).toMatchObject({ fault: 'protocol', uncertain: true })
  })
})
