import type { Rdata } from '../../../core/records.ts'
import type { RdataCodec } from './codec.ts'
import { integers } from './part.ts'

/** RFC 1035 section 3.3.13; times in seconds. */
export const soa: RdataCodec<Extract<Rdata, { type: 'SOA' }>> = {
  encode: (rdata) => [
    { name: rdata.mname, compress: true },
    { name: rdata.rname, compress: true },
    integers(
      [rdata.serial, 32],
      [rdata.refresh, 32],
      [rdata.retry, 32],
      [rdata.expire, 32],
      [rdata.minimum, 32],
    ),
  ],
  decode: (octets) => ({
    type: 'SOA',
    mname: octets.name(),
    rname: octets.name(),
    serial: octets.integer(32),
    refresh: octets.integer(32),
    retry: octets.integer(32),
    expire: octets.integer(32),
    minimum: octets.integer(32),
  }),
  format: (rdata) =>
    [rdata.mname, rdata.rname, rdata.serial, rdata.refresh, rdata.retry, rdata.expire, rdata.minimum].join(
      ' ',
    ),
  parse: (fields) => ({
    type: 'SOA',
    mname: fields.name('the primary'),
    rname: fields.name('the mailbox'),
    serial: fields.integer('the serial', 32),
    refresh: fields.seconds('refresh'),
    retry: fields.seconds('retry'),
    expire: fields.seconds('expire'),
    minimum: fields.seconds('the minimum'),
  }),
}
