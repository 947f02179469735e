import { createSocket } from 'node:dgram'

const POLL_MS = 5

/** Asks one name server for an A record over and over, and keeps the last answer with its time. */
export class AnswerWatch {
  readonly #socket = createSocket('udp4')
  readonly #timer: NodeJS.Timeout
  #address = ''
  /** Answers read, and how often one differed from the one before. */
  answers = 0
  moves = 0
  readonly #waiting = new Set<{ address: string; resolve: (atMs: number) => void }>()

  constructor(port: number, name: string) {
    const query = encodeQuery(name)
    this.#socket.on('message', (reply) => {
      // One A record and no OPT: the address is what the message ends with.
      const address = [...reply.subarray(-4)].join('.')
      this.answers++
      if (this.#address !== '' && address !== this.#address) this.moves++
      this.#address = address
      const nowMs = performance.now()
      for (const one of this.#waiting) {
        if (one.address !== this.#address) continue
        this.#waiting.delete(one)
        one.resolve(nowMs)
      }
    })
    this.#timer = setInterval(() => this.#socket.send(query, port, '127.0.0.1'), POLL_MS)
  }

  /** The time, by `performance.now()`, of the first answer from now on that has this address. */
  until(address: string, timeoutMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`still ${this.#address}, not ${address}`)), timeoutMs)
      this.#waiting.add({
        address,
        resolve: (atMs) => {
          clearTimeout(timer)
          resolve(atMs)
        },
      })
    })
  }

  close(): void {
    clearInterval(this.#timer)
    this.#socket.close()
  }
}

function encodeQuery(name: string): Buffer {
  const labels = name
    .replace(/\.$/, '')
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  const header = Buffer.from([0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])])
}
