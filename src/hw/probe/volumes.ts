// Block devices made of others, and the pools of file systems that manage several devices themselves. All from the
// kernel's files; only a ZFS pool's devices need its tool, which is run where a pool is imported.

import type { Volume } from '../../model/inventory.ts'
import { andThen, valueOr } from '../../model/reading.ts'
import { dashed, parseLvmName } from '../parse/device-mapper.ts'
import { type MdstatArray, parseMdstat } from '../parse/mdstat.ts'
import { parseInteger, parseLine } from '../parse/numbers.ts'
import type { Zpool } from '../parse/zpool-status.ts'
import type { BlockDevice, BlockTable } from './block-table.ts'
import type { Uses } from './disk-use.ts'
import { type Bench, listNames, readFact, settle } from './report.ts'
import { askZpool } from './zpool-tool.ts'

export function probeVolumes(bench: Bench, table: BlockTable, uses: Uses): readonly Volume[] {
  const volumes = table.devices.flatMap((device) => {
    if (/^md/.test(device.name)) return device.files.has('md') ? [mdVolume(bench, device, uses)] : []
    if (device.mapper !== null || device.name.startsWith('dm-')) return [mapperVolume(bench, device, uses)]
    return /^bcache\d/.test(device.name) ? [bcacheVolume(bench, device, uses)] : []
  })
  return [
    ...volumes,
    ...mdstatVolumes(bench, table, volumes),
    ...btrfsVolumes(bench, table, uses),
    ...zfsVolumes(bench, table, uses),
  ]
}

function mdVolume(bench: Bench, device: BlockDevice, uses: Uses): Volume {
  const files = new Set(listNames(bench, `${device.folder}/md`))
  const fact = (file: string) => (files.has(file) ? readFact(bench, `${device.folder}/md/${file}`, parseLine) : null)
  const metadata = fact('metadata_version')
  // A container holds the drives of arrays whose format is the firmware's: `external:imsm`. It has no level and no size.
  const isContainer = metadata !== null && /^external:[^/]/.test(metadata)
  // Without one of its files, what the others say would pass for the whole state.
  let isWhole = true
  const said = (file: string) => {
    if (!files.has(file)) return null
    const path = `${device.folder}/md/${file}`
    const text = bench.source.readText(path)
    isWhole &&= text.kind !== 'unreadable'
    return settle(bench.report, andThen(text, parseLine), path)
  }
  const [arrayState, degraded, action] = [said('array_state'), said('degraded'), said('sync_action')]
  const state = [
    arrayState,
    degraded !== null && Number(degraded) > 0 ? 'degraded' : null,
    action === 'idle' ? null : action,
  ]
  const members = [...files].flatMap((file) => (file.startsWith('dev-') ? [file.slice('dev-'.length)] : []))
  return {
    name: device.name,
    kind: 'md',
    label: device.udev?.get('MD_DEVNAME') ?? device.udev?.get('MD_NAME') ?? null,
    uuid: dashed(fact('uuid') ?? device.udev?.get('MD_UUID') ?? null),
    level: isContainer ? 'container' : fact('level'),
    sizeBytes: device.sizeBytes,
    state: (isWhole && state.filter((one) => one !== null).join(', ')) || null,
    members: device.slaves.length > 0 ? device.slaves : members,
    usedBy: uses.ofWhole(device),
  }
}

function mapperVolume(bench: Bench, device: BlockDevice, uses: Uses): Volume {
  const { mapper } = device
  const kind = mapper?.kind ?? 'dm'
  const name = mapper?.name ?? null
  const lvm = kind === 'lvm' && name !== null ? parseLvmName(name) : null
  const suspended = readFact(bench, `${device.folder}/dm/suspended`, parseInteger)
  return {
    name: device.name,
    kind,
    label: lvm === null ? name : `${lvm.group}-${lvm.volume}`,
    uuid: mapper?.uuid ?? null,
    level: mapper?.level ?? null,
    sizeBytes: device.sizeBytes,
    state: suspended === null ? null : suspended === 0 ? 'active' : 'suspended',
    members: device.slaves,
    usedBy: uses.ofWhole(device),
  }
}

function bcacheVolume(bench: Bench, device: BlockDevice, uses: Uses): Volume {
  const fact = (file: string) => readFact(bench, `${device.folder}/bcache/${file}`, parseLine)
  return {
    name: device.name,
    kind: 'bcache',
    label: fact('label'),
    uuid: fact('backing_dev_uuid'),
    level: null,
    sizeBytes: device.sizeBytes,
    state: fact('state'),
    members: device.slaves,
    usedBy: uses.ofWhole(device),
  }
}

/** Arrays of a source that has /proc/mdstat and not their folders. */
function mdstatVolumes(bench: Bench, table: BlockTable, volumes: readonly Volume[]): readonly Volume[] {
  if (volumes.some((volume) => volume.kind === 'md')) return []
  const arrays = parseMdstat(valueOr(bench.source.readText('/proc/mdstat'), ''))
  return arrays.map((array) => ({
    name: array.name,
    kind: 'md',
    label: null,
    uuid: dashed(table.byName.get(array.name)?.udev?.get('MD_UUID') ?? null),
    level: isContainerFormat(array.metadata) ? 'container' : array.level,
    sizeBytes: isContainerFormat(array.metadata) ? null : array.sizeBytes,
    state: mdstatState(array),
    members: array.members.map((member) => member.name),
    usedBy: [],
  }))
}

function isContainerFormat(metadata: string | null): boolean {
  return metadata !== null && /^external:[^/]/.test(metadata)
}

function mdstatState({ isActive, wanted, working, action }: MdstatArray): string {
  const isDegraded = wanted !== null && working !== null && working < wanted
  const words = [isActive ? 'active' : 'inactive', isDegraded ? 'degraded' : null, action]
  return words.filter((one) => one !== null).join(', ')
}

/** Only those of several devices: one device and its file system are the same thing. */
function btrfsVolumes(bench: Bench, table: BlockTable, uses: Uses): readonly Volume[] {
  const several = uses.btrfs.filter((pool) => pool.devices.length > 1)
  return several.map(({ uuid, label, devices }) => {
    const sizes = devices.map((name) => table.byName.get(name)?.sizeBytes ?? null)
    const profiles = listNames(bench, `/sys/fs/btrfs/${uuid}/allocation/data`)
    const mounts = uses.mounts.filter((mount) => {
      return mount.type === 'btrfs' && devices.some((name) => isSourceOf(table, mount.source, name))
    })
    return {
      name: label ?? uuid,
      kind: 'btrfs',
      label,
      uuid,
      level: profiles.find((name) => /^(raid\w+|dup|single)$/.test(name)) ?? null,
      sizeBytes: sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
      state: null,
      members: devices,
      usedBy: [...new Set(mounts.map((mount) => `mount ${mount.mountPoint}`))].slice(0, mountsMax),
    }
  })
}

/** A pool with more mounts lists the first. */
const mountsMax = 12

function isSourceOf(table: BlockTable, source: string, name: string): boolean {
  const mapper = table.byName.get(name)?.mapper?.name
  return source === `/dev/${name}` || (mapper != null && source === `/dev/mapper/${mapper}`)
}

function zfsVolumes(bench: Bench, table: BlockTable, uses: Uses): readonly Volume[] {
  if (uses.zpools.length === 0) return []
  const tool = devicesOfPools(bench)
  return uses.zpools.map((name) => {
    const pool = tool.find((one) => one.name === name)
    const leaves = pool?.devices.filter((device) => !device.isGroup) ?? []
    const groups = pool?.devices.filter((device) => device.isGroup) ?? []
    const mounts = uses.mounts.filter(
      ({ type, source }) => type === 'zfs' && (source === name || source.startsWith(`${name}/`)),
    )
    return {
      name,
      kind: 'zfs',
      label: name,
      uuid: [...table.byName.values()].find((one) => isMember(one, name))?.udev?.get('ID_FS_UUID') ?? null,
      level: /^(mirror|raidz\d?|draid\d?)/.exec(groups[0]?.name ?? '')?.[0] ?? null,
      sizeBytes: null,
      state: readFact(bench, `/proc/spl/kstat/zfs/${name}/state`, parseLine) ?? pool?.state ?? null,
      members:
        leaves.length > 0
          ? leaves.map((device) => device.name.replace(/^\/dev\//, ''))
          : [...table.byName.values()].filter((one) => isMember(one, name)).map((one) => one.name),
      usedBy: mounts.map((mount) => `mount ${mount.mountPoint}`).slice(0, mountsMax),
    }
  })
}

function isMember({ udev }: BlockDevice, pool: string): boolean {
  return udev?.get('ID_FS_TYPE') === 'zfs_member' && udev.get('ID_FS_LABEL') === pool
}

function devicesOfPools({ source, report }: Bench): readonly Zpool[] {
  const pools = askZpool(source)
  if (pools.ok) return pools.value
  report.add({ code: pools.fault.code, where: 'zpool', message: pools.fault.message })
  return []
}
