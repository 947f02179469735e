import { createExtension } from '../support/sip-extension.ts'
import { type CaseMaker, sipBehaviour, sipCases, sipWorld } from './probe-worlds.ts'

/** A SIP server that works gives no media, so what works here is an extension that sends audio back. */
export const echoCases: CaseMaker = (definition) =>
  sipCases({ extension: '600', duration: '200ms' })(definition).map((each) => ({
    ...each,
    async open(conduct) {
      const extension = await createExtension()
      const plain = sipBehaviour(conduct)
      const answers = new Set([
        'works',
        'works once, then is silent',
        'works, with an escape sequence in its words',
      ])
      let calls = 0
      const world = await sipWorld(conduct, each.options, {
        ...(plain.onConnection === undefined ? {} : { onConnection: plain.onConnection }),
        onRequest(request, reply) {
          if (request.method === 'INVITE') calls++
          const silent = conduct === 'works once, then is silent' && calls > 1
          if (answers.has(conduct) && !silent) extension.onRequest(request, reply)
          else plain.onRequest(request, reply)
        },
      })
      return {
        ...world,
        async close() {
          await world.close()
          await extension.close()
        },
      }
    },
  }))
