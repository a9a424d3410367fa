// Which GPUs a task gets: the first free ones in the order in which the agent names them. Pure and small on purpose;
// links between GPUs and nearness to cores are not known here yet.

/** `count` of the agent's GPUs that are not granted, lowest first; null when fewer are free. */
export function pickGpus(uuids: readonly string[], granted: ReadonlySet<string>, count: number): string[] | null {
  const free = uuids.filter((uuid) => !granted.has(uuid))
  return free.length < count ? null : free.slice(0, count)
}
