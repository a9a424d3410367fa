// A machine of which not everything may be used: CPUs kept apart, without a tick, not plugged in, or shut out by a control
// group; large pages set aside at the start; memory behind CXL.

import type { Hugepages } from '../../../src/model/inventory.ts'
import type { Board, Trial } from './types.ts'

const model = 'qemu64'

const may = { cpus: '0,2', nodes: '0' }
const isolated = '3'
const tickless = '2-3'

/** How many pages each node sets aside. */
const hugepages = [
  { name: '2M', bytes: 2 * 1024 * 1024, counts: [8, 16] },
  { name: '1G', bytes: 1024 * 1024 * 1024, counts: [0, 1] },
] as const

const hotAdd: Trial = {
  name: 'CPU added',
  steps: [
    {
      kind: 'qmp',
      command: 'device_add',
      arguments: { driver: `${model}-x86_64-cpu`, id: 'cpu4', 'socket-id': 0, 'core-id': 4, 'thread-id': 0 },
    },
    { kind: 'wait', condition: '[ -e /sys/devices/system/cpu/cpu4/online ]' },
    { kind: 'guest', command: 'echo 1 > /sys/devices/system/cpu/cpu4/online' },
  ],
  news: [{ event: 'inventory.changed', words: ['package 0', 'cpus 4 → 5'] }],
  facts: () => [
    { fact: 'CPUs online', told: '0-4', said: ({ cpu }) => cpu.online },
    { fact: 'packages', told: ['0-4'], said: ({ cpu }) => cpu.packages.map((one) => one.cpus) },
    { fact: 'CPUs allowed', told: may.cpus, said: ({ cpu }) => cpu.allowed },
  ],
}

export const restricted: Board = {
  name: 'restricted',
  summary: 'isolated, tickless, absent and forbidden CPUs, hugepages of both sizes, CXL memory',
  architecture: 'x86_64',
  machine: 'q35,cxl=on,cxl-fmw.0.targets.0=cxl,cxl-fmw.0.size=4G',
  processors: { model: `${model},+pdpe1gb`, sockets: 1, dies: 1, clusters: 1, cores: 6, threads: 1, absent: 2 },
  nodes: [
    { id: 0, megabytes: 1024, cpus: '0-5', access: null, cache: null },
    { id: 1, megabytes: 2560, cpus: '', access: null, cache: null },
  ],
  distances: [
    [10, 20],
    [20, 10],
  ],
  identity: null,
  roots: [],
  ports: [],
  drives: [],
  nics: [],
  bmc: null,
  allowed: may,
  kernelArguments: [
    // A kernel that puts itself anywhere may leave no whole gibibyte.
    'nokaslr',
    `isolcpus=${isolated}`,
    `nohz_full=${tickless}`,
    ...hugepages.flatMap(({ name, counts }) => [
      `hugepagesz=${name}`,
      `hugepages=${counts.map((count, node) => `${node}:${count}`).join(',')}`,
    ]),
  ],
  extra: [
    ...['-object', 'memory-backend-ram,id=cxl-memory,share=on,size=256M'],
    ...['-object', 'memory-backend-ram,id=cxl-labels,share=on,size=1M'],
    ...[
      '-device',
      'pxb-cxl,id=cxl,bus_nr=12,bus=pcie.0',
      '-device',
      'cxl-rp,id=cxl-port,bus=cxl,port=0,chassis=9,slot=9',
    ],
    ...['-device', 'cxl-type3,bus=cxl-port,memdev=cxl-memory,lsa=cxl-labels,id=cxl-device'],
  ],
  modules: ['cxl_acpi', 'cxl_pci', 'cxl_mem', 'cxl_port'],
  prepare: [
    `cd /sys/fs/cgroup && echo +cpuset > cgroup.subtree_control && mkdir box && echo ${may.cpus} > box/cpuset.cpus && echo ${may.nodes} > box/cpuset.mems && echo 1 > box/cgroup.procs`,
  ],
  facts: [
    { fact: 'isolated CPUs', told: isolated, said: ({ cpu }) => cpu.isolated },
    { fact: 'tickless CPUs', told: tickless, said: ({ cpu }) => cpu.nohzFull },
    {
      fact: 'hugepages of nodes',
      told: [0, 1].map((node) => hugepages.map(({ bytes, counts }) => [bytes, counts[node], counts[node]])),
      said: ({ numa }) => numa.nodes.map((node) => node.hugepages.map(pages)),
    },
    {
      fact: 'hugepages',
      told: hugepages.map(({ bytes, counts }) => [bytes, counts[0] + counts[1], counts[0] + counts[1]]),
      said: ({ memory }) => memory.hugepages.map(pages),
    },
    {
      fact: 'CXL memory devices',
      told: 1,
      said: ({ pci }) => pci.filter((one) => one.class === '050210').length,
    },
  ],
  trials: [hotAdd],
}

function pages({ sizeBytes, count, freeCount }: Hugepages): readonly (number | null)[] {
  return [sizeBytes, count, freeCount]
}
