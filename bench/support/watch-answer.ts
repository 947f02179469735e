import { createSocket } from 'node:dgram'

const POLL_MS = 5
const HEADER_OCTETS = 12
/** A record behind a compressed owner: pointer, type, class, TTL, length, address. */
const RECORD_OCTETS = 16

/** Asks one name server for A records over and over, and follows which addresses it gives. */
export class AnswerWatch {
  readonly #socket = createSocket('udp4')
  readonly #timer: NodeJS.Timeout
  /** Answers read, and how often one differed from the one before. */
  answers = 0
  moves = 0
  #last = ''
  readonly #waiting = new Set<(addresses: readonly string[]) => void>()

  constructor(port: number, name: string) {
    const query = encodeQuery(name)
    this.#socket.on('message', (reply) => {
      const addresses = addressesOf(reply, query.length)
      const text = [...addresses].sort().join(' ')
      this.answers++
      if (this.#last !== '' && text !== this.#last) this.moves++
      this.#last = text
      for (const take of this.#waiting) take(addresses)
    })
    this.#timer = setInterval(() => this.#socket.send(query, port, '127.0.0.1'), POLL_MS)
  }

  /** The time, by `performance.now()`, of the first answer from now on that serves this address, and, where given, no longer that one. */
  until(address: string, timeoutMs: number, without?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const take = (addresses: readonly string[]) => {
        if (!addresses.includes(address) || (without !== undefined && addresses.includes(without))) return
        clearTimeout(timer)
        this.#waiting.delete(take)
        resolve(performance.now())
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(take)
        reject(new Error(`still ${this.#last}, not ${address}`))
      }, timeoutMs)
      this.#waiting.add(take)
    })
  }

  close(): void {
    clearInterval(this.#timer)
    this.#socket.close()
  }
}

function addressesOf(reply: Buffer, questionEnds: number): string[] {
  if (reply.length < HEADER_OCTETS) return []
  const addresses: string[] = []
  for (let index = 0; index < reply.readUInt16BE(6); index++) {
    const end = questionEnds + (index + 1) * RECORD_OCTETS
    if (end <= reply.length) addresses.push([...reply.subarray(end - 4, end)].join('.'))
  }
  return addresses
}

function encodeQuery(name: string): Buffer {
  const labels = name
    .replace(/\.$/, '')
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  const header = Buffer.from([0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])])
}
