/**
 * An Asterisk manager as it is on the wire: banner, MD5 challenge, events between and inside responses, pieces that end anywhere, commands
 * in the form of Asterisk 13 or 18, actions that are slow or fail. Registrations come up some time after they were ordered.
 *
 *   const asterisk = await createAmiServer({ registrations: ['trunk'] })
 */
import { createHash } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type SecureContextOptions } from 'node:tls'
import { ChanSip, type ChanSipBehaviour } from './ami-chan-sip.ts'

export interface AmiBehaviour {
  readonly user?: string
  readonly secret?: string
  /** Speaks TLS, with this key and certificate; given at the start. */
  readonly tls?: SecureContextOptions
  readonly registrations?: readonly string[]
  /** From PJSIPRegister to `Registered`. Default 20 ms; null: it never comes up. */
  readonly registersAfterMs?: number | null
  /** Whether a `Registry` event tells of it. Default true. */
  readonly registryEvents?: boolean
  readonly dnsmgr?: 'enabled' | 'disabled'
  /** chan_sip, which has the `registrations`; given at the start. */
  readonly chanSip?: ChanSipBehaviour
  /** `Response: Follows` and `--END COMMAND--`, as up to Asterisk 13. */
  readonly oldCommands?: boolean
  /** Bytes a piece; default: as they come. */
  readonly pieces?: number
  /** Actions that are never answered. */
  readonly silent?: readonly string[]
  /** Actions that are answered with an error, or with an acknowledgement of a failure. */
  readonly failing?: Readonly<Record<string, string>>
  /** Said instead of the banner. */
  readonly banner?: string
  /** Said instead of an answer, whatever it is; the connection stays. */
  readonly says?: Readonly<Record<string, string>>
  /** The connection breaks at the so-manieth action of this name (1, 2, …): in the middle of its answer. */
  readonly breaksAt?: { readonly action: string; readonly count: number }
  /** Told of every `dnsmgr` and `sip` command; answered when it is done. */
  readonly onCommand?: (line: string) => Promise<void>
  /** Really registers, instead of `registersAfterMs`; resolves with whether it came up. */
  readonly onRegister?: (registration: string) => Promise<boolean>
}

export interface AmiServer {
  readonly port: number
  /** Every action but log-in, as `Action` and its telling field: `PJSIPRegister trunk`. */
  readonly actions: readonly string[]
  /** All that came in, as text: to see that no secret did. */
  readonly received: string
  readonly open: number
  /** Order and time of each registration. */
  readonly orderedMs: ReadonlyMap<string, number>
  readonly chanSip: ChanSip | undefined
  statusOf(registration: string): string
  setStatus(registration: string, status: string): void
  behave(next: Partial<AmiBehaviour>): void
  close(): Promise<void>
}

export async function createAmiServer(first: AmiBehaviour = {}): Promise<AmiServer> {
  let how: AmiBehaviour = first
  let received = ''
  const actions: string[] = []
  const sockets = new Set<Socket>()
  const timers = new Set<NodeJS.Timeout>()
  const status = new Map((first.registrations ?? []).map((name) => [name, 'Registered']))
  const orderedMs = new Map<string, number>()
  const chanSip =
    first.chanSip === undefined ? undefined : new ChanSip(first.chanSip, first.registrations ?? [], later)
  /** Times that the action of `breaksAt` came. */
  let reached = 0

  const serve = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    const challenge = '483920174'
    const say = writer(socket, () => how.pieces)
    let events = false
    let held = ''
    say(how.banner ?? 'Asterisk Call Manager/5.0.1\r\n')
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
      held += chunk.toString('latin1')
      for (let end = held.indexOf('\r\n\r\n'); end >= 0; end = held.indexOf('\r\n\r\n')) {
        const block = held.slice(0, end)
        held = held.slice(end + 4)
        answer(
          new Map(block.split('\r\n').map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string])),
        )
      }
    })

    function answer(fields: ReadonlyMap<string, string>): void {
      const action = fields.get('Action') ?? ''
      const id = `ActionID: ${fields.get('ActionID')}\r\n`
      const ok = (text: string, more = '') => say(`Response: Success\r\n${id}${more}Message: ${text}\r\n\r\n`)
      const error = (text: string) => say(`Response: Error\r\n${id}Message: ${text}\r\n\r\n`)
      const telling = fields.get('Command') ?? fields.get('Registration')
      if (!['Challenge', 'Login', 'Logoff'].includes(action))
        actions.push(telling === undefined ? action : `${action} ${telling}`)
      if (how.breaksAt?.action === action && ++reached >= how.breaksAt.count) {
        socket.write(`Response: Succ`)
        setImmediate(() => socket.destroy())
        return
      }
      const instead = how.says?.[action]
      if (instead !== undefined) {
        socket.write(instead, 'latin1')
        return
      }
      if (how.silent?.includes(action) === true) return
      const failure = how.failing?.[action]
      if (failure !== undefined) {
        if (failure.startsWith('Failed')) ok(failure)
        else error(failure)
        return
      }
      // Asterisk is never quiet: events of others stand before, between and inside the answers.
      if (events) say('Event: ContactStatus\r\nPrivilege: system,all\r\nURI: sip:x@192.0.2.1\r\n\r\n')
      const handlers: Readonly<Record<string, () => void>> = {
        Challenge: () => ok('', `Challenge: ${challenge}\r\n`),
        Login: () => logIn(fields, ok, error),
        Command: () => {
          const line = fields.get('Command') ?? ''
          const done = how.onCommand?.(line)
          if (done === undefined) command(line, id)
          else void done.then(() => command(line, id))
        },
        PJSIPRegister: () => register(fields.get('Registration') ?? '', ok, error),
        PJSIPShowRegistrationsOutbound: () => show(id),
        SIPshowregistry: () => showSip(id),
        Logoff: () => {
          say(`Response: Goodbye\r\n${id}Message: Thanks for all the fish.\r\n\r\n`)
          socket.end()
        },
      }
      const handle = handlers[action] ?? (() => error('Invalid/unknown command'))
      handle()
    }

    function logIn(
      fields: ReadonlyMap<string, string>,
      ok: (text: string) => void,
      error: (text: string) => void,
    ): void {
      const secret = how.secret ?? 'not-a-real-secret'
      const key = createHash('md5').update(`${challenge}${secret}`).digest('hex')
      const fine = fields.get('Key') === key || fields.get('Secret') === secret
      if (!fine || fields.get('Username') !== (how.user ?? 'sipvane')) {
        error('Authentication failed')
        return
      }
      events = fields.get('Events') !== 'off'
      ok('Authentication accepted')
      if (events) say('Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n')
    }

    function command(line: string, id: string): void {
      const known = /^(dnsmgr|sip) /.test(line)
      const output = line.startsWith('dnsmgr status')
        ? [`DNS Manager: ${how.dnsmgr ?? 'enabled'}`, 'Refresh Interval: 300 seconds', 'Number of entries: 1']
        : known
          ? (chanSip?.command(line) ?? [])
          : [`No such command '${line}' (type 'core show help ${line}' for other possible commands)`]
      if (how.oldCommands === true)
        say(`Response: Follows\r\nPrivilege: Command\r\n${id}${output.join('\n')}\n\n--END COMMAND--\r\n\r\n`)
      else
        say(
          `Response: Success\r\n${id}Message: Command output follows\r\n${output.map((text) => `Output: ${text}\r\n`).join('')}\r\n`,
        )
    }

    function register(name: string, ok: (text: string) => void, error: (text: string) => void): void {
      if (!status.has(name)) {
        error('Unable to retrieve registration entry')
        return
      }
      orderedMs.set(name, performance.now())
      ok('Reregistration queued.')
      const afterMs = how.registersAfterMs === undefined ? 20 : how.registersAfterMs
      later(5, () => status.set(name, 'Unregistered'))
      const cameUp = () => {
        status.set(name, 'Registered')
        if (events && how.registryEvents !== false)
          say(
            `Event: Registry\r\nPrivilege: system,all\r\nChannelType: PJSIP\r\nUsername: sip:me@${name}\r\nDomain: sip:${name}\r\nStatus: Registered\r\n\r\n`,
          )
      }
      if (how.onRegister !== undefined)
        later(
          5,
          () => void how.onRegister?.(name).then((up) => (up ? cameUp() : status.set(name, 'Rejected'))),
        )
      else if (afterMs !== null) later(5 + afterMs, cameUp)
    }

    function showSip(id: string): void {
      const entries = chanSip?.entries() ?? []
      say(`Response: Success\r\n${id}EventList: start\r\nMessage: Registrations will follow\r\n\r\n`)
      for (const entry of entries) say(`${entry}${id}\r\n`)
      say(`Event: RegistrationsComplete\r\n${id}EventList: Complete\r\nListItems: ${entries.length}\r\n\r\n`)
    }

    function show(id: string): void {
      say(
        `Response: Success\r\n${id}EventList: start\r\nMessage: Following are Events for each Outbound registration\r\n\r\n`,
      )
      for (const [name, state] of status) {
        say(
          `Event: OutboundRegistrationDetail\r\n${id}ObjectType: registration\r\nObjectName: ${name}\r\nClientUri: sip:me@${name}\r\nServerUri: sip:${name}\r\nStatus: ${state}\r\nNextReg: 0\r\n\r\n`,
        )
        say(`Event: AuthDetail\r\n${id}ObjectType: auth\r\nObjectName: ${name}-auth\r\nUsername: me\r\n\r\n`)
      }
      say(
        `Event: OutboundRegistrationDetailComplete\r\n${id}EventList: Complete\r\nListItems: ${status.size}\r\n\r\n`,
      )
    }
  }
  const server = first.tls === undefined ? createServer(serve) : createTlsServer(first.tls, serve)

  function later(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, delayMs)
    timers.add(timer)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const where = server.address()
  return {
    port: typeof where === 'object' && where !== null ? where.port : 0,
    actions,
    orderedMs,
    chanSip,
    get received() {
      return received
    },
    get open() {
      return sockets.size
    },
    statusOf: (name) => status.get(name) ?? 'absent',
    setStatus: (name, state) => void status.set(name, state),
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

/** Writes in pieces of a given size, each a packet of its own, in order. */
export function writer(socket: Socket, pieces: () => number | undefined): (text: string) => void {
  let waiting = ''
  let busy = false
  const drain = () => {
    const size = pieces() ?? waiting.length
    if (socket.writable) socket.write(waiting.slice(0, size), 'latin1')
    waiting = waiting.slice(size)
    busy = waiting !== ''
    if (busy) setImmediate(drain)
  }
  socket.setNoDelay(true)
  return (text) => {
    waiting += text
    if (!busy) setImmediate(drain)
    busy = true
  }
}
