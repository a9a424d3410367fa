// What looking for GPUs gives, whoever describes them. It does not know where the facts come from.

import type { Firmware, Gpu } from '../../model/inventory.ts'

export type GpuFacts = { readonly gpus: readonly Gpu[]; readonly firmware: readonly Firmware[] }
