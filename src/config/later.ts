/**
 * What the design promises and the code does not have yet. Such keys and words are refused as "not supported yet", never
 * passed over: a setting that nothing reads would be believed. The work that adds one deletes it here.
 */
export const LATER = {
  /** Top-level keys. */
  sections: [],
  dnsKeys: [],
  probeKeys: [],
  probeKinds: [],
} as const
