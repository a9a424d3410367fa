// An ARM server of one socket that is cut into two NUMA nodes by its clusters. It starts by device tree, without the
// tables of a PC: no SMBIOS, no caches, no host bridges with a node of their own.

import type { Board, Trial } from './types.ts'

const offlineCpu: Trial = {
  name: 'CPU offline',
  steps: [{ kind: 'guest', command: 'echo 0 > /sys/devices/system/cpu/cpu1/online' }],
  news: [{ event: 'inventory.changed', words: ['package 0', 'cpus 4 → 3'] }],
  facts: () => [
    { fact: 'CPUs online, offline', told: ['0,2-3', '1'], said: ({ cpu }) => [cpu.online, cpu.offline] },
    { fact: 'packages', told: ['0,2-3'], said: ({ cpu }) => cpu.packages.map((one) => one.cpus) },
    { fact: 'cores', told: ['0', '2', '3'], said: ({ cpu }) => cpu.cores.map((one) => one.cpus) },
    { fact: 'CPUs of nodes', told: ['0', '2-3'], said: ({ numa }) => numa.nodes.map((one) => one.cpus) },
  ],
}

export const arm: Board = {
  name: 'arm',
  summary: 'arm64: 1 socket, 2 clusters, 4 cores, 2 NUMA nodes, 1 NVMe, 1 NIC, started by device tree',
  architecture: 'aarch64',
  machine: 'virt,gic-version=3',
  processors: { model: 'cortex-a72', sockets: 1, dies: 1, clusters: 2, cores: 2, threads: 1, absent: 0 },
  nodes: [
    { id: 0, megabytes: 768, cpus: '0-1', access: null, cache: null },
    { id: 1, megabytes: 512, cpus: '2-3', access: null, cache: null },
  ],
  distances: [
    [10, 15],
    [15, 10],
  ],
  identity: null,
  roots: [],
  ports: [{ id: 'port1', root: null, slot: 1, speedGtps: '16', widthLanes: 4 }],
  drives: [
    {
      id: 'drive1',
      port: 'port1',
      serial: 'NVME-ARM-0001',
      megabytes: 64,
      blockBytes: 512,
      keeps: false,
    },
  ],
  nics: [
    {
      id: 'nic1',
      model: 'virtio-net-pci',
      driver: 'virtio_net',
      port: null,
      mac: '52:54:00:aa:22:01',
      speedMbps: 100000,
      isUp: true,
    },
  ],
  bmc: null,
  allowed: null,
  kernelArguments: [],
  extra: [],
  modules: [],
  prepare: [],
  facts: [
    {
      fact: 'name of each processor',
      told: ['Cortex-A72'],
      said: ({ cpu }) => cpu.packages.map(({ model }) => model?.replace(/^ARM /i, '') ?? null),
    },
    // What qemu writes into the device tree of this machine.
    { fact: 'product', told: 'linux,dummy-virt', said: ({ machine }) => machine.product },
    { fact: 'serial', told: null, said: ({ machine }) => machine.serial },
  ],
  trials: [offlineCpu],
}
