// Who a task runs as: user names to numbers, by /etc/passwd and then by whatever the machine's name service knows.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fail, ok, type Result } from '../../model/result.ts'

export type User = { readonly uid: number; readonly gid: number }

const lookupTimeoutMs = 5_000

/** The user to become for `name`; null when that is who we are. AGENT_LAUNCH_FAILED when it cannot be. */
export async function userToBecome(name: string | null): Promise<Result<User | null>> {
  if (name === null) return ok(null)
  const user = findInPasswd(readPasswd(), name) ?? (await lookUp(name))
  if (user === null) return fail('AGENT_LAUNCH_FAILED', `there is no user '${name}' on this machine`, { user: name })
  if (user.uid === process.geteuid?.()) return ok(null)
  if (process.geteuid?.() !== 0) {
    return fail('AGENT_LAUNCH_FAILED', `the agent does not run as root and so cannot run a task as '${name}'`, {
      user: name,
    })
  }
  return ok(user)
}

/** The entry of passwd(5) with this name. */
export function findInPasswd(text: string, name: string): User | null {
  for (const line of text.split('\n')) {
    const fields = line.split(':')
    const [login, , uid, gid] = fields
    if (login === name && login !== '' && /^\d+$/.test(uid ?? '') && /^\d+$/.test(gid ?? '')) {
      return { uid: Number(uid), gid: Number(gid) }
    }
  }
  return null
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8')
  } catch {
    return ''
  }
}

/** Asks the name service (LDAP, sssd ...); null when it does not know, or is not there. */
function lookUp(name: string): Promise<User | null> {
  if (!/^[A-Za-z_][A-Za-z0-9_.@\\-]*\$?$/.test(name)) return Promise.resolve(null)
  return new Promise((resolve) => {
    execFile('getent', ['passwd', name], { timeout: lookupTimeoutMs }, (_error, stdout) => {
      resolve(findInPasswd(stdout, name))
    })
  })
}
