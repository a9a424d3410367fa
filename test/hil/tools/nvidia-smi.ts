// nvidia-smi beside the probe: GPUs by UUID.

import type { Inventory } from '../../../src/model/inventory.ts'
import type { Verdict } from '../verdicts.ts'
import { byName, judgeEach } from './compare.ts'

export const nvidiaColumns = 'uuid,name,serial,memory.total,pci.bus_id,driver_version,vbios_version,power.limit'

/** `nvidia-smi --query-gpu=… --format=csv,noheader,nounits`: mebibytes and watts. */
export function compareNvidiaSmi(text: string, { gpus }: Inventory): readonly Verdict[] {
  const rows = text
    .split('\n')
    .map((line) => line.split(', ').map((one) => one.trim()))
    .filter((row) => row[0]?.startsWith('GPU-'))
  const told = (value: (row: readonly string[]) => unknown) => byName(rows, ([uuid = '']) => uuid, value)
  const nvidia = gpus.filter(({ vendor }) => /nvidia/i.test(vendor))
  const ours = (value: (gpu: Inventory['gpus'][number]) => unknown) => byName(nvidia, ({ uuid }) => uuid ?? '-', value)
  return [
    ...judgeEach(
      'GPU name',
      told((row) => row[1]),
      ours(({ model }) => model),
    ),
    ...judgeEach(
      'GPU serial',
      told((row) => known(row[2])),
      ours(({ serial }) => serial),
    ),
    ...judgeEach(
      'GPU memory',
      told((row) => Number(row[3]) * 1024 ** 2),
      ours(({ memoryBytes }) => memoryBytes),
    ),
    ...judgeEach(
      'GPU address',
      told((row) => shortAddress(row[4] ?? '')),
      ours(({ pciAddress }) => pciAddress),
    ),
    ...judgeEach(
      'GPU driver',
      told((row) => row[5]),
      ours(({ driverVersion }) => driverVersion),
    ),
    ...judgeEach(
      'GPU VBIOS',
      told((row) => known(row[6])),
      ours(({ vbios }) => vbios),
    ),
    ...judgeEach(
      'GPU power limit',
      told((row) => number(row[7])),
      ours(({ powerLimitWatts }) => powerLimitWatts),
    ),
  ]
}

/** `00000000:3B:00.0`: eight digits of domain where the kernel writes four. */
function shortAddress(address: string): string {
  return address.toLowerCase().replace(/^0000(?=[0-9a-f]{4}:)/, '')
}

function known(text: string | undefined): string | null {
  return text === undefined || /^\[|^n\/a$/i.test(text) ? null : text
}

function number(text: string | undefined): number | null {
  const said = known(text)
  return said === null ? null : Number(said)
}
