import { safeText } from '../../providers/error.ts'
import { HookError } from '../error.ts'
import { openTextSocket, type SocketPlace, type TextSocket } from '../socket/text-socket.ts'
import { type EslMessage, EslReader } from './message.ts'

interface Waiting {
  readonly type: string
  take(message: EslMessage): void
  fail(error: HookError): void
}

/**
 * An inbound event-socket session. Answers carry no id: they come in the order of the questions, so one is asked at a time; events and
 * log lines in between are passed over. Everything rejects with `HookError` when the connection ends.
 */
export class EslSession {
  readonly #socket: TextSocket
  readonly #reader = new EslReader()
  #waiting: Waiting | undefined
  #early: EslMessage | undefined
  #ended: HookError | undefined

  private constructor(socket: TextSocket) {
    this.#socket = socket
    socket.listen(
      (text) => this.#read(text),
      (error) => this.#end(error),
    )
  }

  /** Connects and logs in; with a user as `user@domain` by the directory, else by the socket's own password. */
  static async open(
    place: SocketPlace,
    login: { readonly user?: string; readonly password: string },
    signal: AbortSignal,
  ): Promise<EslSession> {
    const session = new EslSession(await openTextSocket(place, signal))
    try {
      await session.#next('auth/request')
      const { user, password } = login
      const line = user === undefined ? `auth ${password}` : `userauth ${user}:${password}`
      const { headers } = await session.#ask(line, 'command/reply')
      if (!(headers.get('reply-text') ?? '').startsWith('+OK'))
        throw new HookError('credentials', 'FreeSWITCH did not let us in')
      return session
    } catch (error) {
      session.#socket.close()
      throw error
    }
  }

  /** A command of the console; its output. Rejects as `refused` where FreeSWITCH says `-ERR` or `-USAGE`. */
  async api(command: string): Promise<string> {
    const { body } = await this.#ask(`api ${command}`, 'api/response')
    if (/^-(?:ERR|USAGE)/.test(body))
      throw new HookError('refused', `FreeSWITCH refused "${command}": ${safeText(body)}`)
    return body
  }

  close(): void {
    this.#socket.send('exit\n\n')
    this.#socket.close()
    this.#end(new HookError('stopped', 'the session was closed'))
  }

  #ask(line: string, type: string): Promise<EslMessage> {
    // An empty line would end the command and begin another.
    this.#socket.send(`${line.replace(/[\r\n\0]/g, ' ')}\n\n`)
    return this.#next(type)
  }

  #next(type: string): Promise<EslMessage> {
    if (this.#waiting !== undefined) throw new Error('one question at a time')
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const early = this.#early
    if (early !== undefined) {
      this.#early = undefined
      return Promise.resolve(early)
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { type, take: resolve, fail: reject }
    })
  }

  #read(text: string): void {
    let messages: EslMessage[]
    try {
      messages = this.#reader.push(text)
    } catch (error) {
      this.#socket.close()
      this.#end(error instanceof HookError ? error : new HookError('protocol', 'no event socket'))
      return
    }
    for (const message of messages) this.#take(message)
  }

  #take(message: EslMessage): void {
    const type = message.headers.get('content-type') ?? ''
    const waiting = this.#waiting
    if (type === 'text/rude-rejection')
      this.#end(new HookError('credentials', 'FreeSWITCH refused our address (apply-inbound-acl)'))
    else if (type === 'text/disconnect-notice')
      this.#end(new HookError('unreachable', 'FreeSWITCH closed the session'))
    else if (waiting?.type === type) {
      this.#waiting = undefined
      waiting.take(message)
    } else if (type === 'auth/request' && waiting === undefined) this.#early = message
  }

  #end(error: HookError): void {
    this.#ended ??= error
    this.#waiting?.fail(error)
    this.#waiting = undefined
  }
}
