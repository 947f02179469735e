import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { responder } from '../../../src/admin/metrics/responder.ts'
import { createMetrics } from '../../../src/admin/metrics.ts'
import type { StatusReport } from '../../../src/app/status.ts'
import { Tally } from '../../../src/publishers/responder/tally.ts'
import { startResponder, UdpClient } from '../../support/dns-client.ts'
import { queryOf } from '../../support/dns-query.ts'
import { exportedBy, tableIn } from '../../support/metric-table.ts'

type Counters = NonNullable<StatusReport['dns']>['counters']

async function linesOf(counters: Counters | undefined): Promise<string[]> {
  const status = {
    ...{ node: 'ns1', version: '1', now: '2026-01-01T00:00:00.000Z', zones: {}, pools: {}, providers: {} },
    questions: { asked: 0, p50Ms: 0, p99Ms: 0, worstMs: 0 },
    ...(counters === undefined ? {} : { dns: { listen: [], counters } }),
  } as unknown as StatusReport
  const text = await createMetrics(() => status).render()
  return text.split('\n').filter((line) => line.startsWith('sipvane_dns_'))
}

/** One of everything, each with a number of its own. */
const COUNTERS: Counters = {
  ...new Tally().counters(),
  queries: { udp: { SRV: 31, other: 32 }, tcp: { AXFR: 33 } },
  replies: { udp: { NOERROR: 34, FORMERR: 2 }, tcp: { REFUSED: 35 } },
  responses: { NOERROR: 34, FORMERR: 2, REFUSED: 35 },
  cookies: { none: 36, good: 37 },
  ...{ dropped: 3, truncated: 4, slipped: 5, withheld: 6, sendErrors: 7, internalErrors: 8, refused: 9 },
  ...{
    tcpConnections: 10,
    tcpAccepted: 11,
    tcpRefused: 12,
    tcpEvicted: 13,
    tcpTimedOut: 14,
    tcpFramingErrors: 15,
  },
  threads: { 0: 16, 1: 17 },
  transfers: { full: { whole: 18, broken: 19 }, incremental: { whole: 20, broken: 0 } },
  notify: { sent: 21, acknowledged: 22, lost: 23, pending: 24 },
  publishing: { snapshots: 25, totalMs: 26_000, lastMs: 27 },
}

describe('the metrics of the responder', () => {
  it('stand in the table of docs/dns.md, each with its type and labels', async () => {
    const page = await readFile(new URL('../../../docs/dns.md', import.meta.url), 'utf8')
    expect(tableIn(page)).toEqual(exportedBy(responder))
    expect(tableIn(page)).toHaveLength(17)
  })

  it('say what it counted', async () => {
    const lines = await linesOf(COUNTERS)
    expect(lines).toEqual([
      'sipvane_dns_queries_total{transport="udp",qtype="SRV"} 31',
      'sipvane_dns_queries_total{transport="udp",qtype="other"} 32',
      'sipvane_dns_queries_total{transport="tcp",qtype="AXFR"} 33',
      'sipvane_dns_responses_total{transport="udp",rcode="NOERROR"} 34',
      'sipvane_dns_responses_total{transport="udp",rcode="FORMERR"} 2',
      'sipvane_dns_responses_total{transport="tcp",rcode="REFUSED"} 35',
      'sipvane_dns_thread_queries_total{thread="0"} 16',
      'sipvane_dns_thread_queries_total{thread="1"} 17',
      'sipvane_dns_malformed_total{result="formerr"} 2',
      'sipvane_dns_malformed_total{result="dropped"} 3',
      'sipvane_dns_truncated_total 4',
      'sipvane_dns_rate_limited_total{result="slipped"} 5',
      'sipvane_dns_rate_limited_total{result="dropped"} 6',
      'sipvane_dns_cookies_total{cookie="none"} 36',
      'sipvane_dns_cookies_total{cookie="good"} 37',
      'sipvane_dns_errors_total{kind="internal"} 8',
      'sipvane_dns_errors_total{kind="unsent"} 7',
      'sipvane_dns_refused_total 9',
      'sipvane_dns_transfers_total{kind="full",result="whole"} 18',
      'sipvane_dns_transfers_total{kind="full",result="broken"} 19',
      'sipvane_dns_transfers_total{kind="incremental",result="whole"} 20',
      'sipvane_dns_transfers_total{kind="incremental",result="broken"} 0',
      'sipvane_dns_notify_total{result="sent"} 21',
      'sipvane_dns_notify_total{result="acknowledged"} 22',
      'sipvane_dns_notify_total{result="lost"} 23',
      'sipvane_dns_notify_pending 24',
      'sipvane_dns_tcp_connections 10',
      'sipvane_dns_tcp_connections_total{result="accepted"} 11',
      'sipvane_dns_tcp_connections_total{result="refused"} 12',
      'sipvane_dns_tcp_connections_total{result="evicted"} 13',
      'sipvane_dns_tcp_connections_total{result="timed-out"} 14',
      'sipvane_dns_tcp_connections_total{result="bad-framing"} 15',
      'sipvane_dns_snapshots_total 25',
      'sipvane_dns_snapshot_seconds_total 26',
      'sipvane_dns_snapshot_last_seconds 0.027',
    ])
  })

  it('say nothing where nobody answers DNS', async () => {
    expect((await linesOf(undefined)).filter((line) => !/ 0$/.test(line))).toEqual([])
  })

  it('come from a responder that runs', async () => {
    const running = await startResponder()
    const client = await UdpClient.open(running.at)
    await client.ask(queryOf('voice.example.test', 'A'))
    client.close()
    const lines = await linesOf(running.counters())
    await running.close()
    expect(lines).toContain('sipvane_dns_queries_total{transport="udp",qtype="A"} 1')
    expect(lines).toContain('sipvane_dns_thread_queries_total{thread="main"} 1')
    expect(lines).toContain('sipvane_dns_snapshots_total 1')
  })
})
