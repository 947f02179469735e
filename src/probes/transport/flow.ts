import type { Clock, Timers } from '../../core/ports.ts'
import { newRequestIds, type RandomBytes } from '../../wire/sip/ids.ts'
import type { AskContext } from '../definition.ts'
import type { ChannelPool, Lease } from './channel-pool.ts'
import type { SocketFault } from './errno-reasons.ts'
import { silenceFault } from './silence.ts'
import type { HoldResult, SipEndpoint, SipFlow } from './sip-transports.ts'

export interface FlowDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly randomBytes: RandomBytes
  readonly pool: Pick<ChannelPool, 'acquire' | 'release'>
}

const WITHDRAWN: SocketFault = { reason: 'aborted', detail: 'the question was withdrawn' }

/** Takes the endpoint's channel, or opens it, and keeps it in use until it is released. */
export async function holdFlow(
  deps: FlowDeps,
  endpoint: SipEndpoint,
  how: 'shared' | 'fresh',
  context: AskContext,
): Promise<HoldResult> {
  if (context.signal?.aborted === true) return { kind: 'failure', fault: WITHDRAWN }
  const lease = deps.pool.acquire(endpoint, how)
  if ('reason' in lease) return { kind: 'failure', fault: lease }
  const fault = lease.channel.phase === 'open' ? undefined : await opened(deps, lease, context)
  if (fault === undefined) return { kind: 'flow', flow: flowOf(deps, lease) }
  deps.pool.release(lease)
  return { kind: 'failure', fault }
}

/** Why the channel did not open in time; undefined where it did. */
function opened(deps: FlowDeps, lease: Lease, context: AskContext): Promise<SocketFault | undefined> {
  const { channel } = lease
  const deadlineMs = deps.clock.nowMs() + context.timeoutMs
  return new Promise((resolve) => {
    const settle = (fault: SocketFault | undefined) => {
      cancel()
      context.signal?.removeEventListener('abort', withdraw)
      resolve(fault)
    }
    const withdraw = () => settle(WITHDRAWN)
    const cancel = deps.timers.after(context.timeoutMs, () => {
      const lateMs = deps.clock.nowMs() - deadlineMs
      settle(silenceFault({ lateMs, phases: [channel.phase], strays: 0 }))
    })
    context.signal?.addEventListener('abort', withdraw)
    void channel.opened().then(settle)
  })
}

function flowOf(deps: FlowDeps, lease: Lease): SipFlow {
  const { channel } = lease
  const { certificateEndsMs } = channel
  let released = false
  return {
    endpoint: channel.endpoint,
    local: channel.local,
    reused: lease.reused,
    ...(certificateEndsMs === undefined ? {} : { certificateEndsMs }),
    newIds: () => newRequestIds(deps.randomBytes),
    send: (bytes, failed) => channel.send(bytes, failed),
    expect(expectation) {
      channel.expectations.add(expectation)
      return () => channel.expectations.remove(expectation)
    },
    take: (callId, taker) => channel.expectations.take(callId, taker),
    release() {
      if (released) return
      released = true
      deps.pool.release(lease)
    },
  }
}
