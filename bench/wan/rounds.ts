import { setTimeout as sleep } from 'node:timers/promises'
import { bringBack, failOver, type Moved } from '../../test/support/netns/failover.ts'
import type { Fault } from '../../test/support/netns/network.ts'
import { type Office, type OfficeOptions, openOffice } from '../../test/support/netns/office.ts'
import { FIBRE } from '../../test/support/netns/places.ts'
import { logged, nameIs, phoneBy } from '../../test/support/netns/timeline.ts'

const PATIENCE_MS = 60_000
/** Who has not moved by then stays. */
const GIVE_UP_MS = 30_000

/** What is done over and over in an office of its own. */
export interface Case {
  readonly name: string
  readonly fault: Fault
  readonly options: OfficeOptions
  /** Nothing should move. */
  readonly harmless?: boolean
}

export interface Result {
  readonly moved: readonly Moved[]
  /** Rounds in which nothing moved. */
  readonly stayed: number
  readonly failure?: string
}

let opening: Promise<unknown> = Promise.resolve()

/** One after the other: eight starts at once would be too many for two cores. */
function openInTurn(options: OfficeOptions): Promise<Office> {
  const opened = opening.then(() => openOffice(options))
  opening = opened.catch(() => {})
  return opened
}

/** One office, and so many rounds of the fault in it, each at a moment of chance. */
export async function rounds(one: Case, count: number): Promise<Result> {
  const moved: Moved[] = []
  let stayed = 0
  let office: Office | undefined
  try {
    office = await openInTurn(one.options)
    if (office.phone !== undefined)
      await office.timeline.first('the phone', 0, PATIENCE_MS, phoneBy(FIBRE.name))
    for (let round = 0; round < count; round++) {
      // At any moment between two of the phone's registrations.
      await sleep(3_000 + Math.random() * 1_000 * (one.options.phoneExpiresS ?? 2))
      if (one.harmless === true) {
        if (await stays(office, one.fault)) stayed++
      } else {
        moved.push(await failOver(office, one.fault, { patienceMs: GIVE_UP_MS }))
        await bringBack(office, one.fault, { patienceMs: PATIENCE_MS })
      }
    }
    return { moved, stayed }
  } catch (error) {
    return { moved, stayed, failure: error instanceof Error ? error.message : String(error) }
  } finally {
    await office?.close()
  }
}

async function stays({ network, timeline }: Office, fault: Fault): Promise<boolean> {
  const startMs = Date.now()
  await network.fail(fault)
  await sleep(GIVE_UP_MS)
  const changes = timeline.since(startMs, logged('decision.changed'))
  await network.restore(fault)
  return changes.length === 0
}

/** Milliseconds from another public address of the live link until its name server answers with it; the office is done with after one. */
export async function renumbered(count: number): Promise<number[]> {
  const tookMs: number[] = []
  for (let round = 0; round < count; round++) {
    const { network, timeline, close } = await openOffice()
    try {
      await sleep(Math.random() * 1_000)
      const startMs = Date.now()
      await network.renumber(FIBRE)
      const named = nameIs('authority', FIBRE.nextPublicAddress)
      tookMs.push((await timeline.first('the new address', startMs, PATIENCE_MS, named)) - startMs)
    } finally {
      await close()
    }
  }
  return tookMs
}
