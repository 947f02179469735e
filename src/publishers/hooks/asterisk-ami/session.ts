import { createHash } from 'node:crypto'
import { safeText } from '../../providers/error.ts'
import { HookError } from '../error.ts'
import { openTextSocket, type SocketPlace, type TextSocket } from '../socket/text-socket.ts'
import { type AmiMessage, AmiReader } from './message.ts'

interface Pending {
  /** A message with this action's id; true: it was the last one. */
  take(message: AmiMessage): boolean
  fail(error: HookError): void
}

export interface Login {
  readonly user: string
  readonly secret: string
  /** `md5`: the secret never crosses the wire (Action: Challenge). */
  readonly auth: 'md5' | 'plain'
}

/** A manager session: actions by id, events beside them. Everything rejects with `HookError` when the connection ends. */
export class AmiSession {
  readonly #socket: TextSocket
  readonly #reader = new AmiReader()
  readonly #pending = new Map<string, Pending>()
  readonly #listeners = new Set<(event: AmiMessage) => void>()
  #ended: HookError | undefined
  #count = 0
  banner = ''

  private constructor(socket: TextSocket) {
    this.#socket = socket
  }

  /** Connects, waits for the banner and logs in. */
  static async open(place: SocketPlace, login: Login, signal: AbortSignal): Promise<AmiSession> {
    const session = new AmiSession(await openTextSocket(place, signal))
    try {
      await session.#greeted()
      await session.#logIn(login)
    } catch (error) {
      session.#socket.close()
      throw error
    }
    return session
  }

  /** One action with one response. Resolves with it when it is `Success` (or the old `Follows`), else rejects as `refused`. */
  async action(name: string, fields: Readonly<Record<string, string>> = {}): Promise<AmiMessage> {
    const response = await this.#ask(name, fields)
    const said = response.headers.get('response') ?? ''
    const text = response.headers.get('message') ?? ''
    if (!/^(?:success|follows)$/i.test(said))
      throw new HookError('refused', `Asterisk refused ${name}: ${safeText(text)}`)
    // PJSIPRegister acknowledges failures, too: "Failed to queue registration".
    if (/^failed\b/i.test(text))
      throw new HookError('failed', `Asterisk could not ${name}: ${safeText(text)}`)
    return response
  }

  /** One action whose answer is a list of events of type `item`, closed by one of type `complete`. */
  list(name: string, item: string, complete: string): Promise<AmiMessage[]> {
    const items: AmiMessage[] = []
    return new Promise((resolve, reject) => {
      this.#start(
        name,
        {},
        {
          take: ({ headers, output }) => {
            const event = headers.get('event')?.toLowerCase()
            if (headers.get('response')?.toLowerCase() === 'error') {
              reject(
                new HookError(
                  'refused',
                  `Asterisk refused ${name}: ${safeText(headers.get('message') ?? '')}`,
                ),
              )
              return true
            }
            if (event === item.toLowerCase() && items.length < 10_000) items.push({ headers, output })
            if (event !== complete.toLowerCase()) return false
            resolve(items)
            return true
          },
          fail: reject,
        },
      )
    })
  }

  /** A command of the console; its lines. Needs the write class `command`. */
  async command(line: string): Promise<readonly string[]> {
    const { output } = await this.action('Command', { Command: line })
    // The console reports its own refusals as output.
    const refused = output.find((text) =>
      /^(No such command|Command not found|Unable to )/i.test(text.trim()),
    )
    if (refused !== undefined)
      throw new HookError('refused', `Asterisk refused "${line}": ${safeText(refused)}`)
    return output
  }

  /** Told of every event that answers no action. Returns the way out. */
  onEvent(listener: (event: AmiMessage) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#socket.send('Action: Logoff\r\n\r\n')
    this.#socket.close()
    this.#end(new HookError('stopped', 'the session was closed'))
  }

  #greeted(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.set('', {
        take: ({ headers }) => {
          this.banner = headers.get('banner') ?? ''
          resolve()
          return true
        },
        fail: reject,
      })
      this.#socket.listen(
        (text) => this.#read(text),
        (error) => this.#end(error),
      )
    })
  }

  async #logIn({ user, secret, auth }: Login): Promise<void> {
    let proof: Record<string, string> = { Secret: secret }
    if (auth === 'md5') {
      const { headers } = await this.action('Challenge', { AuthType: 'MD5' })
      const challenge = headers.get('challenge') ?? ''
      const key = createHash('md5').update(`${challenge}${secret}`, 'latin1').digest('hex')
      proof = { AuthType: 'MD5', Key: key }
    }
    try {
      // `system` brings Registry events, by which a registration is seen to come up.
      await this.action('Login', { Username: user, ...proof, Events: 'system' })
    } catch (error) {
      if (!(error instanceof HookError) || error.fault !== 'refused') throw error
      throw new HookError('credentials', `Asterisk did not let ${safeText(user)} in`)
    }
  }

  #ask(name: string, fields: Readonly<Record<string, string>>): Promise<AmiMessage> {
    return new Promise((resolve, reject) => {
      const take = (message: AmiMessage) => {
        if (!message.headers.has('response')) return false
        resolve(message)
        return true
      }
      this.#start(name, fields, { take, fail: reject })
    })
  }

  #start(name: string, fields: Readonly<Record<string, string>>, pending: Pending): void {
    if (this.#ended !== undefined) {
      pending.fail(this.#ended)
      return
    }
    const id = `sipvane-${++this.#count}`
    this.#pending.set(id, pending)
    const lines = Object.entries({ Action: name, ActionID: id, ...fields }).map(
      // A line end in a value would begin a header of its own.
      ([key, value]) => `${key}: ${value.replace(/[\r\n\0]/g, ' ')}\r\n`,
    )
    this.#socket.send(`${lines.join('')}\r\n`)
  }

  #read(text: string): void {
    let messages: AmiMessage[]
    try {
      messages = this.#reader.push(text)
    } catch (error) {
      this.#socket.close()
      this.#end(error instanceof HookError ? error : new HookError('protocol', 'no manager message'))
      return
    }
    for (const message of messages) {
      const id = message.headers.get('actionid') ?? (message.headers.has('banner') ? '' : undefined)
      const pending = id === undefined ? undefined : this.#pending.get(id)
      if (id !== undefined && pending?.take(message) === true) this.#pending.delete(id)
      else if (pending === undefined && message.headers.has('event'))
        for (const listener of this.#listeners) listener(message)
    }
  }

  #end(error: HookError): void {
    this.#ended ??= error
    for (const pending of this.#pending.values()) pending.fail(error)
    this.#pending.clear()
  }
}
