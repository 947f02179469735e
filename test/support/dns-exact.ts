/** Octets of a reply beside the rdata of its one record: header, question, and a record whose owner is a pointer to the question. */
const AROUND = 12 + 2 + 4 + 12

/** A TXT record's text whose reply to a query for `name`, without OPT and signature, has just so many octets. */
export function textFor(name: string, replyOctets: number): string {
  const rdata = replyOctets - AROUND - name.length
  const whole = `"${'y'.repeat(255)}" `.repeat(Math.floor((rdata - 1) / 256))
  return `${whole}"${'y'.repeat((rdata - 1) % 256)}"`
}
