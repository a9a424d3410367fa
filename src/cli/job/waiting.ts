// Why a job waits, in one sentence, from the master's answer to `why`. Pure; it does not know when that is said.

import type { WhyDocument } from '../../master/api/why.ts'
import type { JobSpec } from './spec.ts'

/** The parameters of the question: what one instance of the job wants, and how it wishes to have it. */
export function whyQuestion(
  { labels }: JobSpec,
  wanted: ReadonlyMap<string, number>,
  frameworkId: string,
): Readonly<Record<string, string>> {
  return {
    about: frameworkId,
    want: [...wanted].map(([name, milli]) => `${name}:${milli / 1000}`).join(';'),
    ...Object.fromEntries(labels.map(({ key, value }) => [key, value])),
  }
}

/** `passedOver`: why the job itself declined what it was offered, if so; null where nothing is to be said. */
export function whyWaiting({ reason, frameworks }: WhyDocument, passedOver: string | null): string | null {
  const [framework] = frameworks
  // That the job refused what there is tells its user nothing; why it did, does.
  if (framework?.groups[0]?.code === 'filter' && passedOver !== null) return passedOver
  const gang = framework?.gangs[0]
  if (framework === undefined || gang === undefined) return reason
  const free = framework.groups.find(({ code }) => code === 'offerable')?.count ?? 0
  const where = { ANY: '', SAME: ' in one rack', SPREAD: ' in different racks' }[gang.racks] ?? ''
  const kept = gang.kept === 0 ? '' : `, ${gang.kept} kept so far`
  const rest = reason === null ? `; ${free} could be among them now` : `; ${reason}`
  return `for ${gang.count} machines together${where}${kept}${rest}`
}
