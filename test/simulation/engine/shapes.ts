// The shapes of machines whose parts are known: small enough that tasks meet on them.

/** By shape: what tells how much there is of everything else. */
export const shapes = {
  one: { nodes: 1, coresPerNode: 4, threadsPerCore: 1, memMb: 1024, gpus: 0 },
  two: { nodes: 2, coresPerNode: 2, threadsPerCore: 2, memMb: 1024, gpus: 0 },
  eight: { nodes: 2, coresPerNode: 4, threadsPerCore: 1, memMb: 2048, gpus: 8 },
} as const
