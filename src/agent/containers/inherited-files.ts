// Files that whoever started the agent left open in it. Node opens all of its own close-on-exec, and marks inherited
// ones so at its start, but only up to the first gap after number 15. An open file without that mark was inherited, and
// every task would inherit it again. It does not know who uses which file.

import { closeSync, readdirSync, readFileSync } from 'node:fs'

/** O_CLOEXEC as fdinfo prints it, in octal. */
const closeOnExec = 0o2000000

/**
 * Closes every inherited file beyond the three streams, and Node's own channel to a parent if there is one; returns
 * their numbers. For the start of a process that owns itself, before it takes files from anybody.
 */
export function closeInheritedFiles(): readonly number[] {
  const channel = Number(process.env.NODE_CHANNEL_FD ?? -1)
  return inheritedFiles().filter((fd) => {
    if (fd === channel) return false
    closeSync(fd)
    return true
  })
}

export function inheritedFiles(): readonly number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && isInherited(fd))
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0
  } catch {
    // It was the directory that we just read, or is closed by now.
    return false
  }
}
