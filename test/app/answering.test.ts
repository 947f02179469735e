import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { Answering } from '../../src/app/answering.ts'
import { systemClock } from '../../src/app/system.ts'
import { createTimerWheel } from '../../src/app/timer-wheel.ts'
import type { DnsSettings } from '../../src/core/dns-settings.ts'
import type { SocketAddress } from '../../src/core/settings.ts'
import { UdpClient } from '../support/dns-client.ts'
import { queryOf } from '../support/dns-query.ts'
import { readReply } from '../support/dns-reply.ts'
import { OTHER, snapshotOf, VOICE } from '../support/dns-zone.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { seededRandom } from '../support/virtual-time.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function answering() {
  const timers = createTimerWheel(systemClock)
  const logger = recordingLogger()
  const random = seededRandom(1)
  const snapshot = () => snapshotOf(VOICE, OTHER)
  const here = new Answering({ logger, random, timers, snapshot })
  cleanups.push(
    () => timers.stop(),
    () => here.close(),
  )
  return { here, logger }
}

const at = (...listen: SocketAddress[]): DnsSettings => ({ listen, workers: 1, io: 'dgram' })
const FREE = { address: '127.0.0.1', port: 0 }

async function rcodeAt(address: SocketAddress | undefined): Promise<string> {
  if (address === undefined) throw new Error('it listens nowhere')
  const client = await UdpClient.open(address)
  cleanups.push(() => client.close())
  return readReply(await client.ask(queryOf(VOICE.origin, 'A'))).rcode
}

test('it answers from what is published already, from its first query on', async () => {
  const { here } = answering()
  await here.open(at(FREE))
  expect(await rcodeAt(here.responder?.addresses()[0])).toBe('NOERROR')
})

test('without a dns section nothing is open', async () => {
  const { here } = answering()
  await here.open(undefined)
  expect(here.responder).toBeUndefined()
})

test('a move to an address that somebody else holds is refused, and the old one answers again', async () => {
  const other = createSocket('udp4')
  cleanups.push(() => void other.close())
  other.bind(0, '127.0.0.1')
  await once(other, 'listening')
  const { here, logger } = answering()
  await here.open(at(FREE))
  const old = here.responder?.addresses()[0]
  if (old === undefined) throw new Error('it listens nowhere')
  await expect(here.replace(at(old), at({ ...FREE, port: other.address().port }))).rejects.toMatchObject({
    code: 'listen-in-use',
  })
  expect(logger.messagesOf('dns.not-moved')).toHaveLength(1)
  expect(here.responder?.addresses()).toEqual([old])
  expect(await rcodeAt(old)).toBe('NOERROR')
})

test('settings that say the same keep the sockets', async () => {
  const { here } = answering()
  await here.open(at(FREE))
  const { responder } = here
  await here.replace(at(FREE), at(FREE))
  expect(here.responder).toBe(responder)
})

test('a responder that the configuration no longer has is closed', async () => {
  const { here } = answering()
  await here.open(at(FREE))
  await here.replace(at(FREE), undefined)
  expect(here.responder).toBeUndefined()
})
