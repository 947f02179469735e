/** The WebSocket side of the lab's SIP server: HTTP's upgrade and RFC 6455 over a connection that was accepted elsewhere. */
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

export interface WebSocketSide {
  send(message: Uint8Array | string): void
  /** Ends it in order, by a close frame. */
  end(): void
}

export interface WebSocketOptions {
  /** What the server answers to the subprotocol offered; false: none. Default `sip`. */
  readonly subprotocol?: string | false
  /** Instead of an upgrade: an HTTP status. */
  readonly refuse?: number
}

/** Takes the connection over; `onMessage` is told of each message, one character an octet. */
export function serveWebSocket(
  socket: Socket,
  onMessage: (text: string, side: WebSocketSide) => void,
  options: WebSocketOptions = {},
): void {
  const { subprotocol = 'sip', refuse } = options
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (subprotocol !== false && offered.has('sip') ? subprotocol : false),
  })
  const http = createServer((_request, response) => response.writeHead(426).end())
  http.on('upgrade', (request, upgraded, head) => {
    if (refuse !== undefined) {
      upgraded.end(`HTTP/1.1 ${refuse} Lab\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, upgraded, head, (ws) => serve(ws))
  })
  http.emit('connection', socket)

  function serve(ws: WebSocket): void {
    const side: WebSocketSide = {
      send: (message) => {
        if (ws.readyState === ws.OPEN) ws.send(message, { binary: typeof message !== 'string' })
      },
      end: () => ws.close(),
    }
    ws.on('error', () => socket.destroy())
    ws.on('message', (data) => onMessage((data as Buffer).toString('latin1'), side))
  }
}
