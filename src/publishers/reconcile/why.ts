import { formatRdata } from '../../wire/dns/rdata/registry.ts'
import type { CurrentSet, ProviderSet } from '../providers/definition.ts'

/** Why a set changes, in a few words: what leaves, what comes, what else differs. */
export function whyChanged({
  before,
  after,
  adopts,
  leftOver,
}: {
  readonly before?: CurrentSet
  readonly after?: ProviderSet
  readonly adopts: boolean
  readonly leftOver: boolean
}): string {
  if (before === undefined) return 'is not there'
  if (after === undefined)
    return leftOver ? 'is not in the configuration any more' : 'nothing of it is answered now'
  const was = before.records.map(formatRdata)
  const shall = after.records.map(formatRdata)
  const gone = was.filter((text) => !shall.includes(text))
  const come = shall.filter((text) => !was.includes(text))
  const parts = [
    adopts ? 'adopted' : undefined,
    gone.length === 0 ? undefined : `without ${few(gone)}`,
    come.length === 0 ? undefined : `with ${few(come)}`,
    before.ttl === after.ttl ? undefined : `TTL ${before.ttl} becomes ${after.ttl}`,
    before.variant?.weight === after.variant?.weight
      ? undefined
      : `weight ${before.variant?.weight} becomes ${after.variant?.weight}`,
    before.drift,
  ]
  return parts.filter((part) => part !== undefined).join(', ')
}

const SHOWN = 4

function few(texts: readonly string[]): string {
  const shown = texts.slice(0, SHOWN).join(' and ')
  return texts.length > SHOWN ? `${shown} and ${texts.length - SHOWN} more` : shown
}
