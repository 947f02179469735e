/** In octets; 5,000 records take 3 MB. */
const MAX_BODY = 64 * 1024 * 1024

/** Breaks off a reply that is longer than any honest one. */
export class BodyTooLong extends Error {
  constructor() {
    super(`the reply has more than ${MAX_BODY} octets`)
  }
}

/** A `fetch` whose bodies end in an error behind `MAX_BODY`. */
export function capped(ask: typeof fetch, maxOctets = MAX_BODY): typeof fetch {
  return async (input, init) => {
    const response = await ask(input, init)
    if (response.body === null) return response
    let octets = 0
    const counter = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        octets += chunk.byteLength
        if (octets > maxOctets) controller.error(new BodyTooLong())
        else controller.enqueue(chunk)
      },
    })
    const { status, statusText, headers } = response
    return new Response(response.body.pipeThrough(counter), { status, statusText, headers })
  }
}
