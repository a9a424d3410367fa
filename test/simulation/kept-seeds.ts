// Seeds that found something, each with what it found. A change of the swarm gives a seed another story; then these are
// seeds like any other.

export const keptSeeds: readonly { readonly seed: number; readonly once: string }[] = [
  { seed: 2, once: 'updates of a task were dropped after its framework had been told TASK_LOST' },
  { seed: 119, once: 'a task was called gone while its disconnected agent ran it' },
  { seed: 237, once: 'an agent with two ids in the registry was refused under its own' },
  { seed: 310, once: 'an agent with two ids in the registry was refused under its own' },
  { seed: 1691, once: 'an agent that was told to end while it registered never ended' },
  { seed: 987, once: 'an agent on its way out took a launch and never ended' },
  { seed: 336, once: 'an agent asked to register in a session that the master had given up, for ever' },
  { seed: 387, once: 'an agent whose machine changed while it registered was taken for what it had been' },
  { seed: 109, once: 'an agent reserved more than its machine has while some of its CPUs were off' },
  { seed: 655, once: 'ends of operations waited an hour for a framework that had ended and was forgotten' },
  { seed: 866, once: 'a volume that could not be made stayed as one because it was resized meanwhile' },
  { seed: 904, once: 'a volume that could not be made took away the one that got its name after it' },
  { seed: 1059, once: 'a volume that could not be removed came back though a later operation removed it' },
  { seed: 1855, once: 'a drain waited for a framework that had ended before this master began' },
  { seed: 4923, once: 'who was offered its own reservation alone came last on the machine for ever' },
  { seed: 7573, once: 'what was reserved was offered besides what a sick GPU was to be taken from' },
  { seed: 4843, once: 'a task without cpus was refused where CPUs had fallen sick under their tasks' },
]
