import type { Subject } from './instruments.ts'

/** The DNS responder. It counts since its start, and Prometheus wants just that. */
export const responder: Subject = (make) => {
  const what = make.counter('dns_total', 'What the responder did, by what it counts.', ['what'])
  const responses = make.counter('dns_responses_total', 'DNS responses by RCODE.', ['rcode'])

  return ({ dns }) => {
    const counters = dns?.counters
    if (typeof counters !== 'object' || counters === null) return
    for (const [name, value] of Object.entries(counters)) {
      if (typeof value === 'number') what.set({ what: name }, value)
      else if (name === 'responses')
        for (const [rcode, count] of Object.entries(value)) responses.set({ rcode }, Number(count))
    }
  }
}
