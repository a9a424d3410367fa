// Finds the full name of a type named inside a message, from the inside outwards as protobuf does.

import { enums, messages } from './schema.ts'

/** The full name of `type` as seen from inside message `scope`; a name that is not in the schema is our mistake. */
export function resolveType(scope: string, type: string): string {
  for (let prefix = scope; ; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf('.')))) {
    const candidate = prefix === '' ? type : `${prefix}.${type}`
    if (candidate in messages || candidate in enums) return candidate
    if (prefix === '') throw new Error(`schema names an unknown type ${type} in ${scope}`)
  }
}
