import { describe, expect, it } from 'vitest'
import { probeInventory } from '../../../src/hw/inventory.ts'
import type { Source } from '../../../src/hw/source/source.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import { fault } from '../../../src/model/result.ts'
import { type FakeFile, fakeMachine } from '../../support/fake-machine.ts'

const machine: Readonly<Record<string, FakeFile>> = {
  '/sys/devices/system/cpu/online': '0-1',
  '/sys/devices/system/cpu/cpu0/topology/core_cpus_list': '0',
  '/sys/devices/system/cpu/cpu0/topology/package_cpus_list': '0-1',
  '/sys/devices/system/cpu/cpu1/topology/core_cpus_list': '1',
  '/sys/devices/system/cpu/cpu1/topology/package_cpus_list': '0-1',
  '/sys/devices/system/node/node0/cpulist': '0-1',
  '/sys/devices/system/node/node0/meminfo': 'Node 0 MemTotal: 1000000 kB\n',
  '/proc/cpuinfo': 'processor : 0\nmodel name : A\nflags : lm\n\nprocessor : 1\nmodel name : A\n',
  '/proc/meminfo': 'MemTotal: 1000000 kB\n',
  '/proc/sys/kernel/osrelease': '6.1.0\n',
  '/proc/sys/kernel/hostname': 'h1\n',
  '/proc/sys/kernel/random/boot_id': 'fc1f07f6-b9c4-415d-8ed8-04a902668653\n',
  '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  '/sys/class/dmi/id/sys_vendor': 'Dell Inc.\n',
  '/sys/class/dmi/id/product_name': 'PowerEdge R7525\n',
  '/sys/class/dmi/id/product_serial': { errno: 'EACCES' },
  '/sys/class/dmi/id/product_uuid': { errno: 'EACCES' },
  '/sys/class/dmi/id/bios_vendor': 'Dell Inc.\n',
  '/sys/class/dmi/id/bios_version': '2.21.2\n',
  '/sys/class/dmi/id/bios_date': '02/19/2024\n',
  '/sys/block/sda/device/model': 'Disk',
  '/sys/block/sda/size': '8',
}

function inventory(source: Source): Inventory {
  const result = probeInventory(source)
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

describe('the document', () => {
  it('has every section', () => {
    expect(inventory(fakeMachine(machine))).toMatchObject({
      schema: 'tepui.inventory/1',
      cpu: {
        architecture: 'x86_64',
        online: '0-1',
        allowed: '0-1',
        packages: [{ id: 0, model: 'A', cpus: '0-1' }],
        cores: [
          { cpus: '0', numaNode: 0 },
          { cpus: '1', numaNode: 0 },
        ],
      },
      numa: { allowed: '0', nodes: [{ id: 0, cpus: '0-1', memoryBytes: 1_024_000_000 }] },
      memory: { totalBytes: 1_024_000_000, dimms: [] },
      disks: [{ name: 'sda', model: 'Disk' }],
      firmware: [{ component: 'bios', vendor: 'Dell Inc.', version: '2.21.2', date: '02/19/2024' }],
      machine: { vendor: 'Dell Inc.', product: 'PowerEdge R7525', serial: null, uuid: null },
      os: { kernel: '6.1.0', distribution: 'Debian GNU/Linux 12 (bookworm)', hostname: 'h1' },
    })
  })

  it('names what needs root once, and explains every other null', () => {
    const { problems } = inventory(fakeMachine(machine))
    const of = (code: string) => problems.filter((problem) => problem.code === code)
    expect(of('HW_NEEDS_ROOT').map((problem) => problem.where)).toEqual([
      '/sys/class/dmi/id/product_serial',
      '/sys/class/dmi/id/product_uuid',
    ])
    expect(problems.filter((problem) => problem.where === 'machine')).toEqual([])
    expect(of('HW_UNKNOWN')).toContainEqual({
      code: 'HW_UNKNOWN',
      where: 'disks[sda]',
      message:
        'unknown: kind, transport, logicalBlockBytes, physicalBlockBytes, isRemovable, isReadOnly, rotational, serial, firmware',
    })
  })

  it('reports nodes that have other memory than the machine, and changes neither (FN-0006)', () => {
    const found = inventory(fakeMachine({ ...machine, '/proc/meminfo': 'MemTotal: 4000000 kB\n' }))
    expect([found.memory.totalBytes, found.numa.nodes[0]?.memoryBytes]).toEqual([4_096_000_000, 1_024_000_000])
    expect(found.problems).toContainEqual(expect.objectContaining({ code: 'HW_CONFLICT', where: 'numa.nodes' }))
  })

  it('names a processor from the tables of the firmware where the kernel has no name', () => {
    const processor = [4, 17, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    const strings = [...new TextEncoder().encode('CPU 1\0Ampere Altra\0\0')]
    const table = Uint8Array.from([...processor, ...strings, 127, 4, 0, 0, 0, 0])
    const files = { ...machine, '/proc/cpuinfo': 'processor : 0\n', '/sys/firmware/dmi/tables/DMI': table }
    expect(inventory(fakeMachine(files)).cpu.packages).toMatchObject([{ model: 'Ampere Altra' }])
  })
})

describe('a section that cannot be read loses only itself', () => {
  /** The machine with everything below a path failing as a dying disk or driver would. */
  function failing(prefix: string): Source {
    const source = fakeMachine(machine)
    const failure = (path: string) => ({
      kind: 'unreadable' as const,
      fault: fault('HW_UNREADABLE', `reading ${path}: EIO`, { path, errno: 'EIO' }),
    })
    return {
      ...source,
      readText: (path) => (path.startsWith(prefix) ? failure(path) : source.readText(path)),
      readBytes: (path) => (path.startsWith(prefix) ? failure(path) : source.readBytes(path)),
      list: (path) => (path.startsWith(prefix) ? failure(path) : source.list(path)),
    }
  }

  const whole = inventory(fakeMachine(machine))

  it.each([
    ['/sys/devices/system/cpu', ['memory', 'disks', 'firmware', 'machine', 'os']],
    ['/sys/devices/system/node', ['memory', 'disks', 'firmware', 'machine', 'os']],
    ['/sys/block', ['cpu', 'numa', 'memory', 'firmware', 'machine', 'os']],
    ['/sys/class/dmi', ['cpu', 'numa', 'memory', 'disks', 'os']],
    ['/proc', ['disks']],
  ] as const)('%s', (prefix, untouched) => {
    const found = inventory(failing(prefix))
    for (const section of untouched) expect(found[section]).toEqual(whole[section])
    expect(found.problems.filter((problem) => problem.code === 'HW_UNREADABLE')).not.toEqual([])
  })
})

it.each([
  ['an empty folder', {}],
  ['a folder of other things', { '/etc/passwd': 'x', '/sys/readme': 'x', '/proc/cpuinfo': 'hello' }],
])('%s is no machine', (_, files) => {
  expect(probeInventory(fakeMachine(files))).toMatchObject({
    ok: false,
    fault: { code: 'HW_NOT_A_MACHINE', message: expect.stringContaining('does not hold the /sys and /proc') },
  })
})
