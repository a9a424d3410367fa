// Every emulated board, in the order in which they are booted.

import { arm } from './arm.ts'
import { drives } from './drives.ts'
import { restricted } from './restricted.ts'
import { twoSockets } from './two-sockets.ts'
import type { Board } from './types.ts'

export const boards: readonly Board[] = [twoSockets, arm, drives, restricted]
