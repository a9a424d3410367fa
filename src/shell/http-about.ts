// What a process of ours is, whatever it holds: health, version and flags, in the forms that all its APIs show.
// It does not know agents or masters.

import type { Flag, VersionInfo } from '../mesos/types.ts'
import { mesosVersion } from '../mesos/version.ts'
import { sendDocument, sendEmpty } from './http-answers.ts'
import { type Endpoint, withSuffix } from './http-server.ts'

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

/** The classic endpoints that need nothing else: `/health` and `/version` for everybody, `/flags` in `realm`. */
export function aboutEndpoints<Subject>(about: About, realm: string): readonly Endpoint<Subject>[] {
  return [
    { path: '/health', method: 'GET', realm: null, needs: 'nothing', handle: ({ reply }) => sendEmpty(reply, 200) },
    ...withSuffix<Subject>({
      path: '/version',
      method: 'GET',
      realm: null,
      needs: 'nothing',
      handle: ({ reply, query }) => sendDocument(reply, versionObject(about), query),
    }),
    ...withSuffix<Subject>({
      path: '/flags',
      method: 'GET',
      realm,
      needs: 'nothing',
      handle: ({ reply, query }) => sendDocument(reply, { flags: about.flags }, query),
    }),
  ]
}
