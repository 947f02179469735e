import { describe, expect, it } from 'vitest'
import type { CloudflareClient } from '../../../../src/publishers/providers/cloudflare/client.ts'
import { readRecords } from '../../../../src/publishers/providers/cloudflare/reading.ts'

const id = (digit: string) => digit.repeat(32)
const OURS = {
  id: id('a'),
  name: 'sip.example.com',
  type: 'A',
  content: '192.0.2.1',
  ttl: 60,
  proxied: false,
}

/** Each reply is one page; the last one is given again and again. */
function clientOf(total: number, ...pages: (readonly unknown[])[]): CloudflareClient {
  let at = 0
  const call = async () => ({
    result: pages[Math.min(at++, pages.length - 1)],
    result_info: { total_count: total },
  })
  return { call } as unknown as CloudflareClient
}

const read = (client: CloudflareClient) => readRecords(client, id('0'), new AbortController().signal)

describe('a zone at Cloudflare that holds what we cannot name', () => {
  it.each([
    ['a type of tomorrow', { type: 'NEWTYPE' }],
    ['a name that is not in ASCII', { name: 'm\u00fcnchen.example.com' }],
    ['a name that is none', { name: 'a..b.example.com' }],
  ])('is read all the same: %s is somebody else\u2019s, and counts as there', async (_, strange) => {
    const other = { ...OURS, id: id('b'), ...strange }
    expect(await read(clientOf(2, [OURS, other]))).toMatchObject([{ id: OURS.id }])
    expect(await read(clientOf(2, [other], [OURS]))).toMatchObject([{ id: OURS.id }])
    // Shown twice, a record in between was missed.
    await expect(read(clientOf(2, [other], [other]))).rejects.toMatchObject({ fault: 'conflict' })
  })

  it.each([
    ['no object', 'x'],
    ['without an id', { ...OURS, id: undefined }],
    ['without a name', { ...OURS, name: undefined }],
    ['without a type', { ...OURS, type: 7 }],
    ['of ours, without a TTL', { ...OURS, ttl: 'x' }],
  ])('is not believed where a record is %s', async (_, record) => {
    await expect(read(clientOf(1, [record]))).rejects.toMatchObject({ fault: 'protocol' })
  })
})
