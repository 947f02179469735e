/**
 * A FreeSWITCH event socket as it is on the wire: an auth request, command replies and API responses with their lengths, events and log
 * lines in between, pieces that end anywhere, gateways that take a while to register.
 */
import { createServer, type Socket } from 'node:net'
import { writer } from './ami-server.ts'

export interface EslBehaviour {
  readonly password?: string
  readonly profile?: string
  /** Gateways with their state: REGED, NOREG, FAIL_WAIT, … */
  readonly gateways?: Readonly<Record<string, string>>
  /** From `register` to REGED. Default 20 ms; null: never. */
  readonly registersAfterMs?: number | null
  readonly pieces?: number
  /** Events and log lines between a question and its answer, all of one session; default 1. */
  readonly eventsBetween?: number
  /** Said instead of the auth request. */
  readonly greeting?: string
  /** The connection breaks in the middle of the answer to a command with this beginning. */
  readonly breaksAt?: string
  /** `text/rude-rejection` instead of the auth request. */
  readonly rude?: boolean
  /** API commands (their beginnings) that are never answered. */
  readonly silent?: readonly string[]
  /** API commands (their beginnings) that are answered with `-ERR`. */
  readonly failing?: readonly string[]
}

export interface EslServer {
  readonly port: number
  /** Every API command, in order. */
  readonly commands: readonly string[]
  readonly open: number
  stateOf(gateway: string): string
  behave(next: Partial<EslBehaviour>): void
  close(): Promise<void>
}

export async function createEslServer(first: EslBehaviour = {}): Promise<EslServer> {
  let how: EslBehaviour = first
  const commands: string[] = []
  const sockets = new Set<Socket>()
  const timers = new Set<NodeJS.Timeout>()
  const states = new Map(Object.entries(first.gateways ?? {}))

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    const say = writer(socket, () => how.pieces)
    const withBody = (type: string, body: string) =>
      say(`Content-Type: ${type}\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`)
    if (how.rude === true) {
      withBody('text/rude-rejection', 'Access Denied, go away.\n')
      setImmediate(() => socket.end())
      return
    }
    say(how.greeting ?? 'Content-Type: auth/request\n\n')
    let held = ''
    socket.on('data', (chunk: Buffer) => {
      held += chunk.toString('latin1')
      for (let end = held.indexOf('\n\n'); end >= 0; end = held.indexOf('\n\n')) {
        const line = held.slice(0, end)
        held = held.slice(end + 2)
        answer(line)
      }
    })

    function answer(line: string): void {
      if (line.startsWith('auth ') || line.startsWith('userauth ')) {
        const fine = line === `auth ${how.password ?? 'ClueCon'}` || line === `userauth a@b:${how.password}`
        say(`Content-Type: command/reply\nReply-Text: ${fine ? '+OK accepted' : '-ERR invalid'}\n\n`)
        return
      }
      if (line === 'exit') {
        say('Content-Type: command/reply\nReply-Text: +OK bye\n\n')
        withBody('text/disconnect-notice', 'Disconnected, goodbye.\n')
        socket.end()
        return
      }
      const command = line.replace(/^api /, '')
      commands.push(command)
      if (how.silent?.some((start) => command.startsWith(start)) === true) return
      if (how.breaksAt !== undefined && command.startsWith(how.breaksAt)) {
        socket.write('Content-Type: api/response\nContent-Length: 100\n\n+O')
        setImmediate(() => socket.destroy())
        return
      }
      // Somebody else's events between question and answer; one looks like an answer.
      for (let event = 0; event < (how.eventsBetween ?? 1); event++) {
        withBody('text/event-plain', 'Event-Name: HEARTBEAT\nUp-Time: 0%20years\n\n')
        if (event % 3 === 1) withBody('log/data', 'Content-Type: api/response\n\n-ERR not an answer\n')
        if (event % 3 === 2) withBody('text/event-json', '{"Content-Type":"api/response"}')
      }
      const failed = how.failing?.some((start) => command.startsWith(start)) === true
      withBody('api/response', failed ? '-ERR no reply\n' : run(command))
    }
  })

  function run(command: string): string {
    const profile = how.profile ?? 'external'
    const [, what, name, verb, gateway] = command.split(' ')
    if (what === 'profile' && name !== profile) return `Invalid Profile [${name}]`
    if (command === `sofia status profile ${name}` || (what === 'status' && name === 'profile'))
      return verb === profile ? `Name\t\t${verb}\nDomain Name\tN/A\n` : 'Invalid Profile!\n'
    if (what === 'status' && name === 'gateway') {
      const state = states.get(verb ?? '')
      if (state === undefined) return 'Invalid Gateway!\n'
      return `Name    \t${verb}\nProfile \t${profile}\nState   \t${state}\nStatus  \tUP\n`
    }
    if (verb === 'gwlist') {
      const up = (state: string) => state === 'REGED' || state === 'NOREG'
      return [...states]
        .filter(([, state]) => up(state) === (gateway === 'up'))
        .map(([one]) => one)
        .join(' ')
    }
    if (verb === 'unregister') states.set(gateway ?? '', 'UNREGED')
    if (verb === 'register') {
      states.set(gateway ?? '', 'TRYING')
      const afterMs = how.registersAfterMs === undefined ? 20 : how.registersAfterMs
      if (afterMs !== null) {
        const timer = setTimeout(() => {
          timers.delete(timer)
          states.set(gateway ?? '', 'REGED')
        }, afterMs)
        timers.add(timer)
      }
    }
    return verb === 'rescan' ? 'Reload XML [Success]\n+OK scan complete\n' : '+OK\n'
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const where = server.address()
  return {
    port: typeof where === 'object' && where !== null ? where.port : 0,
    commands,
    get open() {
      return sockets.size
    },
    stateOf: (gateway) => states.get(gateway) ?? 'absent',
    behave: (next) => {
      how = { ...how, ...next }
    },
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer)
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
