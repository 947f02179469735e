import type { Rdata } from '../../../core/records.ts'
import type { RdataCodec } from './codec.ts'
import { integers } from './part.ts'

/** RFC 2782; its target is never compressed. */
export const srv: RdataCodec<Extract<Rdata, { type: 'SRV' }>> = {
  encode: (rdata) => [
    integers([rdata.priority, 16], [rdata.weight, 16], [rdata.port, 16]),
    { name: rdata.target, compress: false },
  ],
  decode: (octets) => ({
    type: 'SRV',
    priority: octets.integer(16),
    weight: octets.integer(16),
    port: octets.integer(16),
    target: octets.name(),
  }),
  format: (rdata) => `${rdata.priority} ${rdata.weight} ${rdata.port} ${rdata.target}`,
  parse: (fields) => ({
    type: 'SRV',
    priority: fields.integer('the priority', 16),
    weight: fields.integer('the weight', 16),
    port: fields.integer('the port', 16),
    target: fields.name('the target'),
  }),
}
