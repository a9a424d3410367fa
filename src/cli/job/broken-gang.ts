// What becomes of a gang of which one did not start: all of it is tried again once nothing of it is left, unless a command
// of it has run, which nobody asked to run twice. Pure; it does not know how tasks are ended.

import type { Instance } from './instance.ts'

/** A gang that was started this often will not start. */
export const gangStartsMax = 20

/** Why one did not start, in a sentence, and whether it may do so another time. */
export type Broken = { readonly why: string; readonly mayStartLater: boolean }

/** Null: that is not known before more of it has ended. */
export type BrokenVerdict = { readonly isTriedAgain: boolean; readonly sentence: string } | null

export function brokenVerdict({ why, mayStartLater }: Broken, instances: readonly Instance[]): BrokenVerdict {
  const sentence = `not all could start together: ${why}`
  const giveUp = (more: string) => ({ isTriedAgain: false, sentence: `${sentence}${more}` })
  const ran = instances.filter(({ hasRun }) => hasRun).length
  if (ran > 0) return giveUp(`; ${ran} of ${instances.length} had begun, so that none is started again`)
  if (!mayStartLater) return giveUp('')
  const starts = Math.max(...instances.map(({ launches }) => launches))
  if (starts >= gangStartsMax) return giveUp(`; tried ${starts} times`)
  if (instances.some(({ running, exitStatus }) => running !== null && exitStatus === null)) return null
  return { isTriedAgain: true, sentence: `${sentence}; trying again` }
}
