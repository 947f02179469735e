import { afterEach, describe, expect, it } from 'vitest'
import { startResponder, TcpClient, until } from '../support/dns-client.ts'
import { queryOf } from '../support/dns-query.ts'
import { readReply } from '../support/dns-reply.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const A = queryOf('voice.example.test', 'A')

const open: { close(): Promise<void> }[] = []
const dialled: TcpClient[] = []
afterEach(async () => {
  for (const client of dialled.splice(0)) client.socket.destroy()
  for (const one of open.splice(0)) await one.close()
})

/** A responder on 127.0.0.1 where one client may have two connections. */
async function start(timers?: VirtualTime) {
  const responder = await startResponder({
    limits: { maxConnectionsPerClient: 2 },
    listen: [{ address: '127.0.0.1', port: 0 }],
    ...(timers === undefined ? {} : { timers }),
  })
  open.push(responder)
  const dial = async () => {
    const client = await TcpClient.open(responder.at)
    dialled.push(client)
    return client
  }
  const answered = async () => readReply(await (await dial()).ask(A)).rcode
  const refused = async () => {
    const client = await dial()
    return until(() => client.closed)
  }
  const left = (count: number) => until(() => responder.counters().tcpConnections === count)
  return { ...responder, dial, answered, refused, left }
}

describe('one client', () => {
  it('is turned away when it holds too many connections, and no other is let go for it', async () => {
    const { counters, dial, answered, refused, left } = await start()
    const held = [await dial(), await dial()]
    for (const client of held) await client.ask(A)
    expect(await refused()).toBe(true)
    held[0]?.socket.destroy()
    await left(1)
    expect(await answered()).toBe('NOERROR')
    expect(counters()).toMatchObject({ tcpRefused: 1, tcpConnections: 2 })
  })

  it('that has come and gone may have as many as at first', async () => {
    const { counters, answered, refused, left } = await start()
    for (let round = 0; round < 3; round++) {
      expect([await answered(), await answered()]).toEqual(['NOERROR', 'NOERROR'])
      expect(await refused()).toBe(true)
      for (const client of dialled.splice(0)) client.socket.destroy()
      expect(await left(0)).toBe(true)
    }
    expect(counters()).toMatchObject({ tcpRefused: 3, tcpConnections: 0 })
  })

  it('whose idle connection was closed has one more, and not two', async () => {
    const time = new VirtualTime()
    const { dial, answered, refused, left } = await start(time)
    const [idle, busy] = [await dial(), await dial()]
    await idle.ask(A)
    for (let second = 0; second < 12; second++) {
      await busy.ask(A)
      await time.advance(1_000)
    }
    expect(await until(() => idle.closed)).toBe(true)
    await left(1)
    // Its end is heard of here too before the next one comes.
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await answered()).toBe('NOERROR')
    expect(await refused()).toBe(true)
    expect(busy.closed).toBe(false)
  })
})
