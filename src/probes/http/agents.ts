import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { interfaceOf } from '../source/interface.ts'
import { connectThrough } from '../source/sockets.ts'

/** What a request hands its agent; `localAddress` carries the target's `source`, by which connections are also kept apart. */
interface Where {
  readonly host?: string | null | undefined
  readonly port?: string | number | null | undefined
  readonly localAddress?: string | undefined
}

/** Node's own agent takes a local address only; these open connections through an interface as well. */
class SourceAgent extends HttpAgent {
  override createConnection(...given: Parameters<HttpAgent['createConnection']>) {
    const [options, done] = given
    const device = interfaceOf((options as Where).localAddress)
    if (device === undefined) return super.createConnection(...given)
    return attempt(done, () => through(device, options as Where))
  }
}

class SourceTlsAgent extends HttpsAgent {
  override createConnection(...given: Parameters<HttpsAgent['createConnection']>) {
    const [options, done] = given
    const device = interfaceOf((options as Where).localAddress)
    if (device === undefined) return super.createConnection(...given)
    return attempt(done, () =>
      connectTls({ ...(options as ConnectionOptions), socket: through(device, options as Where) }),
    )
  }
}

function through(device: string, { host, port }: Where): Socket {
  return connectThrough(device, String(host), Number(port))
}

/** An agent listens to a socket only after it was handed one: what fails at once has to be told by the callback. */
function attempt<Made extends Socket>(
  done: ((error: Error | null, socket: never) => void) | undefined,
  open: () => Made,
): Made | undefined {
  try {
    return open()
  } catch (error) {
    done?.(error as Error, undefined as never)
    return undefined
  }
}

/** Closes its idle connections now, and those in use as soon as they are idle. */
export function retire(agent: HttpAgent | HttpsAgent): void {
  agent.maxFreeSockets = 0
  for (const idle of Object.values(agent.freeSockets)) for (const socket of idle ?? []) socket.destroy()
}

/** An agent for addresses and interfaces as sources; `keepAlive` keeps connections from one question to the next. */
export function sourceAgent({
  tls,
  keepAlive,
}: {
  tls: boolean
  keepAlive: boolean
}): HttpAgent | HttpsAgent {
  const kept = keepAlive ? { keepAlive, maxFreeSockets: 256 } : {}
  // A resumed session shows no certificate: each connection has to shake hands in full.
  return tls ? new SourceTlsAgent({ ...kept, maxCachedSessions: 0 }) : new SourceAgent(kept)
}
