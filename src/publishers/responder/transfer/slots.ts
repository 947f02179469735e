/** So many transfers run at a time; whoever comes later waits for its turn. */
export class Slots {
  readonly #most: number
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor(most: number) {
    this.#most = most
  }

  get running(): number {
    return this.#running
  }

  /** Calls `start` when there is room, at once or later. The returned function gives the place back, or gives the waiting up; once. */
  enter(start: () => void): () => void {
    let state: 'waiting' | 'running' | 'left' = 'waiting'
    const begin = () => {
      state = 'running'
      this.#running++
      start()
    }
    const leave = () => {
      if (state === 'left') return
      const ran = state === 'running'
      state = 'left'
      this.#waiting.delete(begin)
      if (!ran) return
      this.#running--
      const [next] = this.#waiting
      if (next === undefined) return
      this.#waiting.delete(next)
      next()
    }
    if (this.#running < this.#most) begin()
    else this.#waiting.add(begin)
    return leave
  }
}
