/**
 * An HTTP server on loopback that answers as it is told to and keeps what it was asked.
 *
 *   const lab = await createHttpLab((request) => ({ status: 200, body: '{}' }))
 */
import { createServer } from 'node:http'

export interface LabRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface LabReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Nothing is ever answered. */
  readonly silent?: boolean
}

export interface HttpLab {
  readonly url: string
  readonly requests: readonly LabRequest[]
  behave(answer: (request: LabRequest) => LabReply): void
  close(): Promise<void>
}

export async function createHttpLab(first: (request: LabRequest) => LabReply = () => ({})): Promise<HttpLab> {
  let answer = first
  const requests: LabRequest[] = []
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url: path = '', headers } = incoming
      const request = { method, path, headers, body: Buffer.concat(chunks).toString() }
      requests.push(request)
      const reply = answer(request)
      if (reply.silent === true) return
      outgoing.writeHead(reply.status ?? 200, reply.headers)
      outgoing.end(reply.body ?? '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const where = server.address()
  const port = typeof where === 'object' && where !== null ? where.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    behave: (next) => {
      answer = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
