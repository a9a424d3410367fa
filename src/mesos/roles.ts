// Role names (Mesos src/common/roles.cpp): what one may be, and who is below whom. It does not know which roles exist.

/** Mesos has no bound but its stack; each level of a role is one of the tree in which shares are counted. */
export const roleLengthMax = 1024
export const roleLevelsMax = 64

/** Why `role` is not the name of a role, or null. */
export function roleError(role: string): string | null {
  if (role === '*') return null
  if (role === '') return 'a role must not be empty'
  if (role.length > roleLengthMax)
    return `role '${role.slice(0, 40)}…' must not have more than ${roleLengthMax} characters`
  if (role.startsWith('/') || role.endsWith('/')) return `role '${role}' must not begin or end with '/'`
  const parts = role.split('/')
  if (parts.length > roleLevelsMax)
    return `role '${role.slice(0, 40)}…' must not have more than ${roleLevelsMax} levels`
  for (const part of parts) {
    if (part === '') return `role '${role}' must not contain '//'`
    if (part === '.' || part === '..' || part === '*') return `role '${role}' must not have '${part}' as a part`
    if (part.startsWith('-')) return `no part of role '${role}' may begin with '-'`
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters are the point.
  if (/[\u0008-\r \u007f]/.test(role))
    return `role ${JSON.stringify(role)} must not contain white space or control characters`
  return null
}

/** Whether `role` is `ancestor` or below it: `a/b` is within `a`; nothing but `*` is within `*`. */
export function isWithinRole(role: string, ancestor: string): boolean {
  return role === ancestor || isBelowRole(role, ancestor)
}

/** Whether `role` is strictly below `ancestor`. */
export function isBelowRole(role: string, ancestor: string): boolean {
  return role.length > ancestor.length && role.startsWith(ancestor) && role[ancestor.length] === '/'
}

/** The role and everything above it, outermost first: `a/b` is [`a`, `a/b`]. */
export function roleAndAncestors(role: string): readonly string[] {
  const parts = role.split('/')
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}
