// Pools of file systems that manage several devices themselves: ZFS and btrfs.

import type { PartRef } from '../../model/health.ts'
import { parseColonPairs, parseSpacePairs } from '../parse/key-values.ts'
import type { Zpool } from '../parse/zpool-status.ts'
import { volumeRef } from '../parts.ts'
import { askZpool, zpoolStatus } from '../probe/zpool-tool.ts'
import type { HealthBench } from './bench.ts'
import { namesIn, stateAt, textAt } from './files.ts'

export function lookAtPools(bench: HealthBench): void {
  lookAtZfs(bench)
  lookAtBtrfs(bench)
}

function lookAtZfs(bench: HealthBench): void {
  const { findings, inventory } = bench
  const volumes = inventory.volumes.filter((volume) => volume.kind === 'zfs')
  if (volumes.length === 0) return
  const pools = toldOfPools(bench)
  for (const volume of volumes) {
    const { name } = volume
    const part = volumeRef(volume)
    const path = `/proc/spl/kstat/zfs/${name}/state`
    const state = stateAt(bench, part, path)
    const bad = { source: path, text: state }
    if (state === 'DEGRADED') findings.symptom('RAID_DEGRADED', part, bad)
    else if (/^(FAULTED|UNAVAIL|SUSPENDED|OFFLINE|REMOVED)$/.test(state)) findings.symptom('RAID_FAILED', part, bad)
    const pool = pools.find((one) => one.name === name)
    if (pool !== undefined) lookAtPoolStatus(bench, part, pool)
  }
}

function lookAtPoolStatus(
  { findings }: HealthBench,
  part: PartRef,
  { name: pool, scan, errors, data, devices }: Zpool,
): void {
  const source = zpoolStatus.join(' ')
  if (scan !== null && /^(resilver|scrub) in progress/.test(scan)) {
    findings.symptom('RAID_REBUILDING', part, { source, text: scan })
  }
  // Damage that no copy mends is counted at the group or at the pool, while each of its devices may have no error.
  for (const { name, errors: counts } of [{ name: pool, errors }, ...devices]) {
    if (counts === null || Object.values(counts).every((count) => /^0+$/.test(count))) continue
    const text = `${name}: ${counts.read} read, ${counts.write} write, ${counts.checksum} checksum errors`
    findings.symptom('FILESYSTEM_ERRORS', part, { source, text })
  }
  // Lost data stays lost when the counts are cleared.
  if (data !== null && /^(\d{1,15} data errors?|Permanent errors)\b/.test(data)) {
    findings.symptom('FILESYSTEM_ERRORS', part, { source, text: data })
  }
}

function toldOfPools({ source, findings }: HealthBench): readonly Zpool[] {
  const pools = askZpool(source)
  if (pools.ok) return pools.value
  findings.unchecked('errors of the devices of ZFS pools', null, pools.fault.code, pools.fault.message)
  return []
}

/** What is counted in `error_stats`. The counts lie on the devices and outlive a boot. */
const btrfsCounts = {
  write_errs: 'write errors',
  read_errs: 'read errors',
  flush_errs: 'flush errors',
  corruption_errs: 'damaged blocks',
  generation_errs: 'blocks of a wrong generation',
} as const

function lookAtBtrfs(bench: HealthBench): void {
  const { source, findings, inventory } = bench
  for (const uuid of namesIn(source, '/sys/fs/btrfs')) {
    if (!/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(uuid)) continue
    const folder = `/sys/fs/btrfs/${uuid}`
    const volume = inventory.volumes.find((one) => one.kind === 'btrfs' && one.uuid === uuid)
    const label = textAt(source, `${folder}/label`)
    const bare: PartRef = { kind: 'volume', name: label === '' ? uuid : label, id: uuid }
    const part = volume === undefined ? bare : volumeRef(volume)
    for (const device of namesIn(source, `${folder}/devinfo`)) {
      const missing = `${folder}/devinfo/${device}/missing`
      if (stateAt(bench, part, missing) === '1') {
        findings.symptom('RAID_DEGRADED', part, { source: missing, text: `device ${device} is missing` })
      }
      const path = `${folder}/devinfo/${device}/error_stats`
      const text = stateAt(bench, part, path)
      const counts = new Map([...parseColonPairs(text), ...parseSpacePairs(text)])
      for (const [key, words] of Object.entries(btrfsCounts)) {
        const said = counts.get(key) ?? ''
        if (!/^\d{1,15}$/.test(said)) continue
        const counter = { code: 'FILESYSTEM_ERRORS', part, source: path, epoch: uuid, growthMin: 1 } as const
        findings.counter({ ...counter, text: words, value: Number(said) })
        if (Number(said) > 0) findings.symptom('FILESYSTEM_ERRORS', part, { source: path, text: `${said} ${words}` })
      }
    }
  }
}
