/** What the processes of the lab tell whoever started them. */

export type LabEvent =
  /** Everything is open. */
  | { readonly kind: 'ready'; readonly amiPort?: number }
  /** An answer that differs from the one before, as somebody in the world got it. */
  | { readonly kind: 'name'; readonly via: 'resolver' | 'authority'; readonly addresses: readonly string[] }
  /** Asterisk has taken its public address anew. */
  | { readonly kind: 'pbx.refreshed'; readonly address: string }
  /** The trunk took a registration of the PBX. */
  | { readonly kind: 'trunk.registered'; readonly from: string; readonly contact: string }
  /** A phone registered at the PBX, over this link. */
  | { readonly kind: 'phone.registered'; readonly link: string }

/** `atMs`: epoch milliseconds; all processes of the lab have one clock. */
export type Reported = LabEvent & { readonly atMs: number }

/** To the parent. It may die without a word: nobody is left to kill us then. */
export function reporter(): (event: LabEvent) => void {
  process.on('disconnect', () => process.exit())
  return (event) => process.send?.({ ...event, atMs: Date.now() })
}
