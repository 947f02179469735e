import { Directory } from './directory.ts'

/** What a thread needs to answer: the table of zones and the memory that their images lie in. Can be posted. */
export interface SharedImages {
  readonly directory: SharedArrayBuffer
  readonly segments: readonly (SharedArrayBuffer | undefined)[]
}

/** One thread's sight of the images. */
export class ImageView {
  directory: Directory
  readonly words: Int32Array[] = []
  readonly octets: Uint8Array[] = []
  /** Fetches what was announced since; set where another thread may lead this one to memory that it does not know yet. */
  refresh: (() => void) | undefined

  constructor(shared: SharedImages) {
    this.directory = new Directory(shared.directory)
    this.follow(shared)
  }

  /**
   * The segment with this number. The thread that writes tells of a segment before it leads anybody there, so a look into the mail finds
   * it.
   */
  wordsOf(segment: number): Int32Array {
    const known = this.words[segment]
    if (known !== undefined && known.length > 0) return known
    this.refresh?.()
    const told = this.words[segment]
    if (told === undefined || told.length === 0) throw new Error('an address in no segment')
    return told
  }

  octetsOf(segment: number): Uint8Array {
    return this.octets[segment] ?? NO_OCTETS
  }

  knows(segment: number, segments: SharedImages['segments']): boolean {
    return segments[segment] !== undefined && this.words[segment]?.buffer === segments[segment]
  }

  /** Takes over what has grown or moved; what lies where it lay is left alone. */
  follow({ directory, segments }: SharedImages): void {
    if (this.directory.memory !== directory) this.directory = new Directory(directory)
    for (const [index, segment] of segments.entries()) {
      if (segment === undefined) {
        this.words[index] = NOTHING
        this.octets[index] = NO_OCTETS
      } else if (this.words[index]?.buffer !== segment) {
        this.words[index] = new Int32Array(segment)
        this.octets[index] = new Uint8Array(segment)
      }
    }
  }
}

const NOTHING = new Int32Array(0)
const NO_OCTETS = new Uint8Array(0)
