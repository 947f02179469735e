/** Nominal typing for strings and numbers that must not be mixed up. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name }

/** `pool/target`, unique over a configuration; used in logs, state, API and commands alike. */
export type TargetId = Brand<string, 'TargetId'>

/**
 * An absolute domain name in canonical presentation form: ASCII lower case, ending in a dot, with the escapes of
 * RFC 1035 section 5.1 for odd octets. Two equal names are the same string, so it serves as a map key.
 */
export type DomainName = Brand<string, 'DomainName'>

export function targetId(pool: string, target: string): TargetId {
  return `${pool}/${target}` as TargetId
}
