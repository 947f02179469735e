/** A question that can be withdrawn. */
export interface Withdrawable {
  abort(): void
}

const waiting = new WeakMap<AbortSignal, Withdrawable[]>()

/**
 * Withdraws the question when the signal says so; `settled` ends it. A signal lives as long as its watch and sees one question after the
 * other, so it is listened to once: adding and removing a listener for each question costs more than all the rest of withdrawing.
 */
export function withdrawOn(signal: AbortSignal, question: Withdrawable): void {
  let questions = waiting.get(signal)
  if (questions === undefined) {
    const list: Withdrawable[] = []
    questions = list
    waiting.set(signal, list)
    signal.addEventListener('abort', () => {
      for (const each of [...list]) each.abort()
    })
  }
  questions.push(question)
}

export function settled(signal: AbortSignal, question: Withdrawable): void {
  const questions = waiting.get(signal)
  const place = questions?.indexOf(question) ?? -1
  if (place >= 0) questions?.splice(place, 1)
}
