// Does each board say the same to qemu and to the comparison?

import { describe, expect, test } from 'vitest'
import { boards } from '../../../hil/boards/all.ts'
import { boardArguments, cpuCount } from '../../../hil/boards/arguments.ts'
import { arm } from '../../../hil/boards/arm.ts'
import { boardFacts } from '../../../hil/boards/facts.ts'
import { restricted } from '../../../hil/boards/restricted.ts'
import { twoSockets } from '../../../hil/boards/two-sockets.ts'

/** The values of one option, in order. */
function valuesOf(args: readonly string[], option: string): readonly string[] {
  return args.flatMap((arg, i) => (args[i - 1] === option ? [arg] : []))
}

function toldOf(board: (typeof boards)[number], fact: string): unknown {
  const found = boardFacts(board).find((one) => one.fact === fact)
  if (found === undefined) throw new Error(`${board.name} has no fact ${fact}`)
  return found.told
}

describe.each(boards)('board $name', (board) => {
  const args = boardArguments(board, '/folder')

  test('gives qemu pairs of option and value', () => {
    expect(args.length % 2).toBe(0)
    for (let i = 0; i < args.length; i += 2)
      expect([args[i]?.startsWith('-'), args[i + 1]?.[0]]).not.toEqual([true, '-'])
  })

  test('gives each device, drive and memory its own name', () => {
    const ids = args.flatMap((arg) => [...arg.matchAll(/(?:^|,)(?:id|node-name)=([^,]+)/g)].map((match) => match[1]))
    expect(ids).toEqual([...new Set(ids)])
  })

  test('puts every device into a bus that is there', () => {
    const devices = valuesOf(args, '-device')
    const ids = devices.flatMap((device) => /,id=([^,]+)/.exec(device)?.[1] ?? [])
    const buses = devices.flatMap((device) => /,bus=([^,]+)/.exec(device)?.[1] ?? [])
    const there = [...ids, ...ids.map((id) => `${id}.0`), 'pcie.0', 'ide.0', 'ide.1']
    expect(buses.filter((bus) => !there.includes(bus))).toEqual([])
  })

  test('names each fact once', () => {
    const facts = boardFacts(board).map(({ fact }) => fact)
    expect(facts).toEqual([...new Set(facts)])
  })

  test('has as much memory as its nodes', () => {
    const sizes = valuesOf(args, '-object').flatMap(
      (one) => /^memory-backend-ram,id=memory\d,size=(\d+)M/.exec(one)?.[1] ?? [],
    )
    const total = sizes.reduce((sum, size) => sum + Number(size), 0)
    expect(valuesOf(args, '-m')[0]).toMatch(new RegExp(`^${total}M,`))
  })
})

describe('two sockets', () => {
  const args = boardArguments(twoSockets, '/folder')

  test('are told as sockets of dies of cores of threads, and found as sets', () => {
    expect(valuesOf(args, '-smp')).toEqual(['8,maxcpus=8,sockets=2,dies=2,cores=1,threads=2'])
    expect(toldOf(twoSockets, 'packages')).toEqual(['0-3', '4-7'])
    expect(toldOf(twoSockets, 'dies')).toEqual(['0-1', '2-3', '4-5', '6-7'])
    expect(toldOf(twoSockets, 'NUMA node of each core')).toEqual([0, 0, 1, 1])
  })

  test('have every distance but that of a node to itself told', () => {
    const told = valuesOf(args, '-numa').filter((one) => one.startsWith('dist,'))
    expect(told).toHaveLength(12)
    expect(told).toContain('dist,src=0,dst=2,val=17')
    expect(toldOf(twoSockets, 'distances')).toEqual(twoSockets.distances)
  })

  test('tell how fast memory is from near and far, and find the near figures', () => {
    const told = valuesOf(args, '-numa').filter((one) => one.startsWith('hmat-lb,') && one.includes('target=2,'))
    expect(told.map((one) => one.replace('hierarchy=memory,', ''))).toEqual([
      'hmat-lb,initiator=0,target=2,data-type=access-latency,latency=110',
      'hmat-lb,initiator=0,target=2,data-type=access-bandwidth,bandwidth=51200M',
      'hmat-lb,initiator=1,target=2,data-type=access-latency,latency=160',
      'hmat-lb,initiator=1,target=2,data-type=access-bandwidth,bandwidth=25600M',
    ])
    expect(toldOf(twoSockets, 'node 2 access')).toEqual({
      initiators: [0],
      readMbps: 51200,
      writeMbps: 51200,
      readNs: 110,
      writeNs: 110,
    })
    expect(toldOf(twoSockets, 'node 2 nearest CPUs')).toBe('0-3')
  })

  test('find a drive where its port hangs', () => {
    expect(valuesOf(args, '-device')).toContain('nvme,id=drive2,serial=NVME-SER-0002,bus=port2')
    expect(toldOf(twoSockets, 'drive NVME-SER-0002 PCI root, NUMA node')).toEqual(['pci0000:80', 1])
    expect(toldOf(twoSockets, 'drive NVME-SER-0002 PCI slot')).toBe('2')
    expect(toldOf(twoSockets, 'drive NVME-SER-0003 PCI root, NUMA node')).toEqual(['pci0000:00', null])
  })

  test('name a drive as Linux does that believes no name of it', () => {
    expect(toldOf(twoSockets, 'drive NVME-SER-0001 wwn')).toBe(
      'nvme.1b36-4e564d452d5345522d30303031-51454d55204e564d65204374726c-00000001',
    )
  })
})

test('an ARM board has clusters where a PC has dies', () => {
  expect(valuesOf(boardArguments(arm, '/folder'), '-smp')).toEqual([
    '4,maxcpus=4,sockets=1,clusters=2,cores=2,threads=1',
  ])
  expect(toldOf(arm, 'clusters')).toEqual(['0-1', '2-3'])
  expect(toldOf(arm, 'dies')).toEqual([])
})

test('CPUs that are not plugged in are in no set', () => {
  expect(cpuCount(restricted.processors)).toBe(4)
  expect(toldOf(restricted, 'CPUs online')).toBe('0-3')
  expect(toldOf(restricted, 'packages')).toEqual(['0-3'])
  expect(toldOf(restricted, 'node 0 CPUs')).toBe('0-3')
  expect(toldOf(restricted, 'CPUs allowed')).toBe('0,2')
})
