import { describe, expect, it } from 'vitest'
import type { DomainName } from '../../../../src/core/brand.ts'
import { silentLogger } from '../../../../src/core/ports.ts'
import type { Primary } from '../../../../src/publishers/providers/rfc2136/primary.ts'
import { Rfc2136Provider } from '../../../../src/publishers/providers/rfc2136/provider.ts'
import { OPCODE, RCODE } from '../../../../src/wire/dns/constants.ts'
import { canonicalName, isSubdomain } from '../../../../src/wire/dns/name.ts'
import { readMessage } from '../../../../src/wire/dns/read-message.ts'
import { tsigKey } from '../../../../src/wire/dns/tsig/key.ts'
import { MessageWriter, SECTION } from '../../../../src/wire/dns/write-message.ts'
import { ROOMY } from '../../../support/memory-provider.ts'
import { creations, noAbort } from '../../../support/update-provider.ts'
import { KEY } from '../../../support/update-server.ts'

const EU = canonicalName('eu.test.')
const US = canonicalName('us.test.')

/** A primary of both zones, which answers an update of a zone by the code that is given for it. */
function providerOf(rcodes: Readonly<Record<string, number>>) {
  const updated: DomainName[] = []
  const ask = async (bytes: Uint8Array) => {
    const asked = messageOf(bytes)
    const name = asked.questions[0]?.name ?? canonicalName('.')
    const zone = [EU, US].find((apex) => isSubdomain(name, apex)) ?? EU
    const isUpdate = asked.opcode === OPCODE.UPDATE
    if (isUpdate) updated.push(zone)
    const rcode = isUpdate ? (rcodes[zone] ?? RCODE.NOERROR) : RCODE.NOERROR
    const writer = new MessageWriter(asked.id, 0x8400 | (asked.opcode << 11) | rcode)
    const times = { refresh: 3600, retry: 600, expire: 86_400, minimum: 15 }
    if (!isUpdate)
      writer.record(SECTION.ANSWER, zone, 300, { type: 'SOA', mname: zone, rname: zone, serial: 1, ...times })
    return { message: messageOf(writer.bytes()), repeated: false }
  }
  const options = { key: tsigKey(KEY.name, KEY.algorithm, KEY.secret) }
  const primary = { ask, options, speaksEdns: () => {} } as unknown as Primary
  const provider = new Rfc2136Provider({ primary, limits: ROOMY, logger: silentLogger, read: 'auto' })
  return { provider, updated }
}

function messageOf(bytes: Uint8Array) {
  const read = readMessage(bytes)
  if (!read.ok) throw new Error(read.fault)
  return read.message
}

const both = [...creations('eu.test', 'a A 192.0.2.1'), ...creations('us.test', 'a A 192.0.2.2')]

describe('a batch over two zones of a primary', () => {
  it('is one update a zone', async () => {
    const { provider, updated } = providerOf({})
    expect((await provider.apply(both, noAbort())).sets).toHaveLength(2)
    expect(updated).toEqual([EU, US])
  })

  it('is uncertain where the second zone refuses: what was done in the first must be read, not done again', async () => {
    const { provider, updated } = providerOf({ [US]: RCODE.NXRRSET })
    await expect(provider.apply(both, noAbort())).rejects.toMatchObject({
      fault: 'conflict',
      uncertain: true,
    })
    expect(updated).toEqual([EU, US])
  })

  it('is certain where the first one does: nothing was done', async () => {
    const { provider, updated } = providerOf({ [EU]: RCODE.NXRRSET })
    await expect(provider.apply(both, noAbort())).rejects.toMatchObject({
      fault: 'conflict',
      uncertain: false,
    })
    expect(updated).toEqual([EU])
  })
})
