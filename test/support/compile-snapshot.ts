import type { Snapshot } from '../../src/core/snapshot.ts'
import type { ImageView } from '../../src/publishers/responder/image/view.ts'
import { AnswerStore } from '../../src/publishers/responder/store.ts'

/** The answers of one snapshot, for this thread alone. */
export function compileSnapshot(snapshot: Snapshot): ImageView {
  const store = new AnswerStore()
  store.publish(snapshot)
  return store.view
}
