// Identities that tools and drivers print as decimal numbers: parts of a world-wide name in smartctl's JSON, and the ids
// of AMD's GPUs in KFD. They are the same numbers as elsewhere in hexadecimal and get the same pseudonyms.

export type DecimalForm = {
  /** Two groups: all before the number, and the number; named groups hold what else `digits` needs. */
  readonly find: RegExp
  /** The identity in hexadecimal digits. */
  readonly digits: (match: RegExpExecArray) => string
  /** The part of a pseudonym's digits that the number says. */
  readonly part: (digits: string) => string
}

export const decimalForms: readonly DecimalForm[] = [
  {
    find: /("naa"\s*:\s*(?<naa>\d{1,2})\s*,\s*"oui"\s*:\s*(?<oui>\d{1,8})\s*,\s*"id"\s*:\s*)(?<id>\d{1,12})/g,
    digits: ({ groups = {} }) => `${hex(groups.naa, 1)}${hex(groups.oui, 6)}${hex(groups.id, 9)}`,
    part: (digits) => digits.slice(7),
  },
  {
    find: /("oui"\s*:\s*(?<oui>\d{1,8})\s*,\s*"ext_id"\s*:\s*)(?<id>\d{1,13})/g,
    digits: ({ groups = {} }) => `${hex(groups.oui, 6)}${hex(groups.id, 10)}`,
    part: (digits) => digits.slice(6),
  },
  {
    find: /((?:unique_id|hive_id)\s+)(?<id>\d{6,20})/g,
    digits: ({ groups = {} }) => hex(groups.id, 16),
    part: (digits) => digits,
  },
]

function hex(decimal: string | undefined, length: number): string {
  return BigInt(decimal ?? '0')
    .toString(16)
    .padStart(length, '0')
    .slice(-length)
}
