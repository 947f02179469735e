import { markText, parseMark } from '../../reconcile/marks.ts'
import type { Mark } from '../definition.ts'

/**
 * Whose a record is, said in the record itself:
 *
 *   comment: `heritage=sipvane,owner=edge-1` or `heritage=sipvane,owner=edge-1, what somebody had noted here`
 *   tag:     `sipvane-owner:edge-1`
 *
 * Both are read, whichever is written: an instance that changes over keeps what is its own.
 */
const TAG = 'sipvane-owner:'
const NOTE = ', '

export interface Remarks {
  readonly comment: string | undefined
  readonly tags: readonly string[]
}

/** The owner that a record names; undefined where it names none of ours. */
export function ownerIn({ comment, tags }: Remarks): string | undefined {
  const said = comment === undefined ? undefined : parseMark(comment)
  if (said !== undefined) return said.owner
  // Names of tags have no case of their own.
  return tags.find((tag) => tag.toLowerCase().startsWith(TAG))?.slice(TAG.length)
}

/** What has to be written so that a record names `mark.owner`; undefined where it does already. A person's note is kept. */
export function remarksFor(
  mark: Mark,
  way: 'comment' | 'tag',
  seen: Remarks,
  maxComment: number,
): { readonly comment: string } | { readonly tags: string[] } | undefined {
  if (ownerIn(seen) === mark.owner) return undefined
  if (way === 'tag') {
    const others = seen.tags.filter((tag) => !tag.toLowerCase().startsWith(TAG))
    return { tags: [...others, TAG + mark.owner] }
  }
  const note = noteIn(seen.comment ?? '')
  const full = note === '' ? markText(mark) : markText(mark) + NOTE + note
  return { comment: [...full].slice(0, maxComment).join('') }
}

/** What a comment says beside a mark, in one line: Cloudflare takes no breaks. */
function noteIn(comment: string): string {
  const mark = parseMark(comment)
  const note = mark === undefined ? comment : comment.slice(markText(mark).length + NOTE.length)
  return note.replace(/[\r\n]+/g, ' ').trim()
}
