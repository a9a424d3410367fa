// Every emulated board, in the order in which they are booted.

import { twoSockets } from './two-sockets.ts'
import type { Board } from './types.ts'

export const boards: readonly Board[] = [twoSockets]
