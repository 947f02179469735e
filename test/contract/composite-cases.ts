import { outcome } from '../../src/core/outcome.ts'
import { tcp } from '../../src/probes/tcp.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { createStreamLab } from '../support/stream-lab.ts'
import type { CaseMaker, Conduct } from './probe-worlds.ts'
import { streamBehaviour } from './stream-cases.ts'

const NO_PORTS = { udp: 1, tcp: 1, tls: 1, ws: 1, wss: 1 }

/** Three conversations over TCP, of which each member is one. */
export function compositeCases(given: Readonly<Record<string, unknown>>): CaseMaker {
  const options = { of: ['a', 'b', 'c'], ...given }
  return (definition) => [
    {
      name: definition.kind,
      definition,
      options,
      async open(conduct) {
        const lab = await createStreamLab()
        // Three members, so that each is answered the first time.
        const labs = await Promise.all([createStreamLab(), createStreamLab()])
        const all = [lab, ...labs]
        for (const each of all) each.behave(streamBehaviour(conduct, (words) => `PONG ${words}`))
        return {
          ports: NO_PORTS,
          options,
          deps: (base) => ({
            prober: (name) => {
              const port = all['abc'.indexOf(name)]?.port
              return tcp.create(tcp.options.parse({ send: 'PING', expect: 'PONG', port }), probeDeps(base))
            },
          }),
          async close() {
            await Promise.all(all.map((each) => each.close()))
          },
        }
      },
    },
  ]
}

function report(conduct: Conduct) {
  return conduct.startsWith('works')
    ? outcome('ok', { attempts: 1, detail: 'fine' })
    : outcome('check-failed', { attempts: 1, detail: conduct })
}

export const pushCases: CaseMaker = (definition) => [
  {
    name: definition.kind,
    definition,
    options: {},
    asksNobody: true,
    open: async (conduct) => ({
      ports: NO_PORTS,
      options: {},
      deps: ({ clock }) => ({
        reports: { latest: () => ({ outcome: report(conduct), atMs: clock.nowMs() }) },
      }),
      close: async () => {},
    }),
  },
]
