import type { Snapshot } from '../../core/snapshot.ts'
import type { ImageView } from './image/view.ts'
import { AnswerStore } from './store.ts'

/** A snapshot as the hot path wants it: look-ups by octets, answers ready to be copied. */
export type CompiledSnapshot = ImageView

/** The answers of one snapshot, for this thread alone. */
export function compileSnapshot(snapshot: Snapshot): CompiledSnapshot {
  const store = new AnswerStore()
  store.publish(snapshot)
  return store.view
}
