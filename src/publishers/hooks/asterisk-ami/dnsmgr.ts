import { HookError } from '../error.ts'
import type { AmiSession } from './session.ts'

export interface DnsmgrStatus {
  readonly enabled: boolean
  /** Names it keeps. Undefined where Asterisk does not say. */
  readonly entries?: number
}

/** `dnsmgr status`: "DNS Manager: enabled", "Refresh Interval: 300 seconds", "Number of entries: 1". */
export async function dnsmgrStatus(session: AmiSession): Promise<DnsmgrStatus> {
  const text = (await session.command('dnsmgr status')).join('\n')
  const word = /DNS Manager:\s*(enabled|disabled)/i.exec(text)?.[1]?.toLowerCase()
  if (word === undefined) throw new HookError('protocol', 'Asterisk does not tell the state of dnsmgr')
  const entries = /Number of entries:\s*(\d{1,9})/i.exec(text)?.[1]
  return { enabled: word === 'enabled', ...(entries === undefined ? {} : { entries: Number(entries) }) }
}

/** Looks the name up anew, at once; calls keep going, the next message has the new address. A regular expression chooses the name. */
export async function dnsmgrRefresh(session: AmiSession, name: string): Promise<void> {
  const bare = name.replace(/\.$/, '')
  await session.command(`dnsmgr refresh ^${bare.replaceAll('.', '\\.')}\\.?$`)
}
