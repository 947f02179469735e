/**
 * RFC 5626 section 4.4.1 has a phone ping every 95 to 120 s, to keep its NAT open; a monitor asks sooner, since it wants to know. Questions
 * at shorter intervals make pings needless.
 */
const PING_AFTER_MS = 20_000
/** RFC 5626 section 4.4.1: without a pong within 10 s the flow has failed. */
const PONG_WITHIN_MS = 10_000

/**
 * Keeps watch over one idle connection: a firewall that forgot it, or a host that lost its power, sends no FIN. A server need not answer
 * pings (nobody negotiated them: RFC 6223), so only one that did on this connection is held to it, and one that does not is left alone.
 *
 * | idle for 20 s | pinged | pong came   | it answered a ping before | then            |
 * |---------------|--------|-------------|---------------------------|-----------------|
 * | no            | any    | any         | any                       | wait            |
 * | yes           | no     | -           | any                       | ping            |
 * | yes           | yes    | within 10 s | any                       | wait, ping anew |
 * | yes           | yes    | no          | yes                       | failed          |
 * | yes           | yes    | no          | no                        | wait, for good  |
 */
export class KeepAlive {
  #pingedMs: number | undefined
  #answers = false
  #mute = false
  #lastPongMs = Number.NEGATIVE_INFINITY

  /** A line end came between messages. */
  pong(nowMs: number): void {
    this.#pingedMs = undefined
    this.#lastPongMs = nowMs
    this.#answers = true
  }

  /** A question went over the connection: its answer, or none, tells more. */
  used(): void {
    this.#pingedMs = undefined
  }

  /** What is due, for a connection that nobody has used since `lastUsedMs`; `ping` counts as sent. */
  due(nowMs: number, lastUsedMs: number): 'wait' | 'ping' | 'failed' {
    if (this.#mute) return 'wait'
    if (this.#pingedMs !== undefined) {
      if (nowMs - this.#pingedMs < PONG_WITHIN_MS) return 'wait'
      this.#pingedMs = undefined
      if (this.#answers) return 'failed'
      this.#mute = true
      return 'wait'
    }
    if (nowMs - Math.max(lastUsedMs, this.#lastPongMs) < PING_AFTER_MS) return 'wait'
    this.#pingedMs = nowMs
    return 'ping'
  }
}
