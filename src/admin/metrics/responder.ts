import type { StatusReport } from '../../app/status.ts'
import type { Subject } from './instruments.ts'

type Counters = NonNullable<StatusReport['dns']>['counters']

/** The DNS responder, since its start; a reload that moves `dns` begins anew. docs/dns.md has the table. */
export const responder: Subject = (make) => {
  const queries = make.counter('dns_queries_total', 'Queries by transport and QTYPE.', ['transport', 'qtype'])
  const responses = make.counter('dns_responses_total', 'Replies by transport and RCODE.', [
    'transport',
    'rcode',
  ])
  const threads = make.counter('dns_thread_queries_total', 'Queries over UDP by thread.', ['thread'])
  const malformed = make.counter('dns_malformed_total', 'What was no sound query, and what became of it.', [
    'result',
  ])
  const truncated = make.counter('dns_truncated_total', 'Replies with TC.')
  const limited = make.counter('dns_rate_limited_total', 'Replies over the rate limit.', ['result'])
  const cookies = make.counter('dns_cookies_total', 'Queries by what their cookie was worth.', ['cookie'])
  const errors = make.counter('dns_errors_total', 'Replies that a fault of ours or of the system cost.', [
    'kind',
  ])
  const refused = make.counter('dns_refused_total', 'Transfers not granted and signatures that do not hold.')
  const transfers = make.counter('dns_transfers_total', 'Transfers of zones, by what was sent.', [
    'kind',
    'result',
  ])
  const notify = make.counter('dns_notify_total', 'NOTIFY messages and serials.', ['result'])
  const pending = make.gauge('dns_notify_pending', 'Serials not acknowledged yet.')
  const connections = make.gauge('dns_tcp_connections', 'TCP connections that are open.')
  const tcp = make.counter('dns_tcp_connections_total', 'TCP connections by what became of them.', ['result'])
  const snapshots = make.counter('dns_snapshots_total', 'Snapshots that all zones are answered from.')
  const seconds = make.counter('dns_snapshot_seconds_total', 'Time that they took to be.')
  const last = make.gauge('dns_snapshot_last_seconds', 'Time that the last one took.')

  return ({ dns }) => {
    if (dns === undefined) return
    fillQueries(dns.counters)
    fillConnections(dns.counters)
    fillSecondaries(dns.counters)
    const { publishing } = dns.counters
    snapshots.set({}, publishing.snapshots)
    seconds.set({}, publishing.totalMs / 1000)
    last.set({}, publishing.lastMs / 1000)
  }

  function fillQueries(counters: Counters): void {
    for (const transport of ['udp', 'tcp'] as const) {
      for (const [qtype, count] of Object.entries(counters.queries[transport]))
        queries.set({ transport, qtype }, count)
      for (const [rcode, count] of Object.entries(counters.replies[transport]))
        responses.set({ transport, rcode }, count)
    }
    for (const [thread, count] of Object.entries(counters.threads)) threads.set({ thread }, count)
    for (const [cookie, count] of Object.entries(counters.cookies)) cookies.set({ cookie }, count)
    malformed.set({ result: 'formerr' }, counters.responses.FORMERR ?? 0)
    malformed.set({ result: 'dropped' }, counters.dropped)
    truncated.set({}, counters.truncated)
    limited.set({ result: 'slipped' }, counters.slipped)
    limited.set({ result: 'dropped' }, counters.withheld)
    errors.set({ kind: 'internal' }, counters.internalErrors)
    errors.set({ kind: 'unsent' }, counters.sendErrors)
    refused.set({}, counters.refused)
  }

  function fillConnections(counters: Counters): void {
    connections.set({}, counters.tcpConnections)
    tcp.set({ result: 'accepted' }, counters.tcpAccepted)
    tcp.set({ result: 'refused' }, counters.tcpRefused)
    tcp.set({ result: 'evicted' }, counters.tcpEvicted)
    tcp.set({ result: 'timed-out' }, counters.tcpTimedOut)
    tcp.set({ result: 'bad-framing' }, counters.tcpFramingErrors)
  }

  function fillSecondaries(counters: Counters): void {
    for (const [kind, { whole, broken }] of Object.entries(counters.transfers)) {
      transfers.set({ kind, result: 'whole' }, whole)
      transfers.set({ kind, result: 'broken' }, broken)
    }
    notify.set({ result: 'sent' }, counters.notify.sent)
    notify.set({ result: 'acknowledged' }, counters.notify.acknowledged)
    notify.set({ result: 'lost' }, counters.notify.lost)
    pending.set({}, counters.notify.pending)
  }
}
