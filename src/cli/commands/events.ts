import { InvalidArgumentError } from 'commander'
import { messageOf, SipvaneError } from '../../core/errors.ts'
import type { SipvaneEvent } from '../../core/event.ts'
import type { CommandModule } from '../command.ts'
import { callInstance, findInstance, type Instance, type InstanceOptions, withInstance } from '../instance.ts'
import { type CliIo, EXIT, printLine } from '../io.ts'

interface Options extends InstanceOptions {
  readonly limit: number
  readonly follow?: boolean
}

/** `sipvane events`: what happened, and with `--follow` what happens. */
export const eventsCommand: CommandModule = {
  register(program, io, done) {
    withInstance(program.command('events'))
      .description('ask a running instance what happened; one line an event')
      .option('--limit <count>', 'how many of the last ones, 1 to 1000', parseLimit, 50)
      .option('-f, --follow', 'go on with what happens, until interrupted')
      .action(async (options: Options) => {
        const instance = await findInstance(io, options)
        if (instance === undefined) return done(EXIT.badUsage)
        const { events } = (await callInstance(instance, 'GET', `/v1/events?limit=${options.limit}`)) as {
          events: SipvaneEvent[]
        }
        const show = (event: SipvaneEvent) =>
          printLine(io, options.json === true ? JSON.stringify(event) : render(event))
        events.forEach(show)
        done(EXIT.fine)
        if (options.follow === true) await follow(instance, events.at(-1)?.id, show, io)
      })
  },
}

/** Reads the stream until it ends; an end that nobody here asked for is an error. */
async function follow(
  { url, token }: Instance,
  lastId: string | undefined,
  show: (event: SipvaneEvent) => void,
  io: CliIo,
): Promise<never> {
  let why = 'it closed the stream'
  try {
    const response = await fetch(new URL('/v1/events', url), {
      headers: {
        accept: 'text/event-stream',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
      },
    })
    let held = ''
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      held += text
      const blocks = held.split('\n\n')
      held = blocks.pop() ?? ''
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1]
        if (data !== undefined) show(JSON.parse(data) as SipvaneEvent)
      }
      if (!io.stdout.writable) break
    }
  } catch (error) {
    why = messageOf(error)
  }
  throw new SipvaneError('instance-unreachable', `${url} is gone: ${why}`, { retryable: true })
}

function render(event: SipvaneEvent): string {
  return `${new Date(event.atMs).toISOString()} ${event.node} ${event.type} ${words(event)}`
}

function words(event: SipvaneEvent): string {
  const why = 'why' in event && event.why[0] !== undefined ? `: ${event.why[0]}` : ''
  switch (event.type) {
    case 'verdict.changed':
      return `${event.target} ${event.from} -> ${event.to}${why}`
    case 'decision.changed': {
      const served = event.active.map(({ name }) => name).join(', ') || 'nothing'
      return `${event.pool}${event.whole ? '' : ` (by ${event.view})`} serves ${served}, ${event.mode}${why}`
    }
    case 'zone.changed':
      return `${event.zone} serial ${event.serial}`
    case 'hook.ran':
    case 'hook.failed':
      return `${event.hook} (${event.attempts} attempts, ${event.tookMs} ms): ${event.detail}`
    default:
      return ''
  }
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new InvalidArgumentError('1 to 1000')
  return limit
}
