// What this master is, whatever the cluster holds: version and flags, in the forms that both APIs show.

import type { Flag, VersionInfo } from '../../mesos/types.ts'
import { mesosVersion } from '../../mesos/version.ts'

export type About = {
  /** Tepui's version. */
  readonly version: string
  readonly flags: Readonly<Record<string, string>>
}

export function versionInfo(): VersionInfo {
  return { version: mesosVersion }
}

/** Clients compare `version` with Mesos'; Tepui's own stands beside it. */
export function versionObject(about: About): Record<string, string> {
  return { version: mesosVersion, tepui_version: about.version }
}

export function flagList(about: About): Flag[] {
  return Object.entries(about.flags).map(([name, value]) => ({ name, value }))
}
