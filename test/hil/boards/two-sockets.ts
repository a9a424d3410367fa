// A server as racks have them: two sockets of two dies, hardware threads, memory beyond the processors' own, firmware
// that says how far and how fast, drives and ports near either socket, and a BMC.

import type { Inventory } from '../../../src/model/inventory.ts'
import { driveOf } from './device-facts.ts'
import type { Board, Trial } from './types.ts'

const pulledDrive: Trial = {
  name: 'drive pulled',
  steps: [
    { kind: 'qmp', command: 'device_del', arguments: { id: 'drive2' } },
    { kind: 'wait', condition: '! grep -q NVME-SER-0002 /sys/class/nvme/*/serial' },
  ],
  news: [{ event: 'inventory.changed', words: ['NVME-SER-0002', 'gone'] }],
  facts: (before) => [
    {
      fact: 'serials of drives',
      told: before.disks.map(({ serial }) => serial).filter((serial) => serial !== 'NVME-SER-0002'),
      said: serials,
    },
    { fact: 'PCI devices', told: before.pci.length - 1, said: ({ pci }) => pci.length },
  ],
}

const newDrive: Trial = {
  name: 'another drive in its slot',
  steps: [
    {
      kind: 'qmp',
      command: 'blockdev-add',
      arguments: { driver: 'null-co', 'node-name': 'drive9-data', size: 32 * 1024 * 1024, 'read-zeroes': true },
    },
    {
      kind: 'qmp',
      command: 'device_add',
      arguments: { driver: 'nvme', id: 'drive9', serial: 'NVME-SER-0009', bus: 'port2', drive: 'drive9-data' },
    },
    {
      kind: 'wait',
      condition: 'grep -q NVME-SER-0009 /sys/class/nvme/*/serial && [ "$(ls -d /sys/block/nvme* | wc -l)" = 3 ]',
    },
  ],
  news: [{ event: 'inventory.changed', words: ['NVME-SER-0009', 'added'] }],
  difference: ['NVME-SER-0002', 'replaced by', 'NVME-SER-0009'],
  facts: (before) => [
    {
      fact: 'serials of drives',
      told: [...before.disks.map(({ serial }) => serial), 'NVME-SER-0009'].sort(),
      said: (inventory) => [...serials(inventory)].sort(),
    },
    {
      fact: 'new drive',
      told: [32 * 1024 * 1024, 1, '2'],
      said: (inventory) => {
        const disk = driveOf('NVME-SER-0009')(inventory)
        const device = inventory.pci.find(({ address }) => address === disk?.pciAddress)
        return [disk?.sizeBytes, disk?.numaNode, device?.slot]
      },
    },
  ],
}

const offlineCpu: Trial = {
  name: 'CPU offline',
  steps: [{ kind: 'guest', command: 'echo 0 > /sys/devices/system/cpu/cpu3/online' }],
  news: [{ event: 'inventory.changed', words: ['package 0', 'cpus 4 → 3'] }],
  facts: () => [
    { fact: 'CPUs online, offline', told: ['0-2,4-7', '3'], said: ({ cpu }) => [cpu.online, cpu.offline] },
    { fact: 'CPUs allowed', told: '0-2,4-7', said: ({ cpu }) => cpu.allowed },
    { fact: 'packages', told: ['0-2', '4-7'], said: ({ cpu }) => cpu.packages.map((one) => one.cpus) },
    { fact: 'cores', told: ['0-1', '2', '4-5', '6-7'], said: ({ cpu }) => cpu.cores.map((one) => one.cpus) },
    { fact: 'CPUs of nodes', told: ['0-2', '4-7', '', ''], said: ({ numa }) => numa.nodes.map((one) => one.cpus) },
    {
      fact: 'nearest CPUs of nodes',
      told: ['0-2', '4-7', '0-2', '4-7'],
      said: ({ numa }) => numa.nodes.map((one) => one.localCpus),
    },
  ],
}

const failingDrive: Trial = {
  name: 'drive says that it fails',
  steps: [
    {
      kind: 'qmp',
      command: 'qom-set',
      // The third bit: reliability degraded by media or internal errors.
      arguments: { path: '/machine/peripheral/drive1', property: 'smart_critical_warning', value: 4 },
    },
    { kind: 'restart' },
  ],
  news: [{ event: 'health.appeared', words: ['DISK_FAILING', 'NVME-SER-0001'] }],
  facts: () => [
    {
      fact: 'conditions of drives',
      told: [['DISK_FAILING', 'critical', 'NVME-SER-0001']],
      said: ({ health }) =>
        health.conditions
          .filter(({ part }) => part.kind === 'disk')
          .map(({ code, severity, part }) => [code, severity, part.id]),
    },
  ],
}

const portFolder = '"$(dirname "$(grep -l 52:54:00:11:22:03 /sys/class/net/*/address)")"'

const cutLink: Trial = {
  name: 'link cut',
  steps: [
    { kind: 'qmp', command: 'set_link', arguments: { name: 'nic3', up: false } },
    { kind: 'wait', condition: `grep -q 0 ${portFolder}/carrier` },
  ],
  news: [{ event: 'health.appeared', words: ['NIC_LINK_DOWN', '52:54:00:11:22:03'] }],
  facts: () => [
    {
      fact: 'nic 52:54:00:11:22:03 link, speed, switched on',
      told: [[false, null, true]],
      said: ({ nics }) =>
        nics
          .filter(({ mac }) => mac === '52:54:00:11:22:03')
          .map(({ link, speedMbps, isUp }) => [link, speedMbps, isUp]),
    },
    {
      fact: 'conditions of ports',
      told: [['NIC_LINK_DOWN', '52:54:00:11:22:03']],
      said: ({ health }) =>
        health.conditions.filter(({ part }) => part.kind === 'nic').map(({ code, part }) => [code, part.id]),
    },
  ],
}

function serials({ disks }: Inventory): readonly (string | null)[] {
  return disks.map(({ serial }) => serial)
}

export const twoSockets: Board = {
  name: 'two-sockets',
  summary: '2 sockets, 4 dies, 8 threads, 4 NUMA nodes with HMAT, 3 NVMe, 3 NICs, BMC over KCS',
  architecture: 'x86_64',
  machine: 'q35,hmat=on',
  // An Intel model: for others qemu shows the guest neither dies nor threads.
  processors: {
    model: 'Skylake-Server,-avx512f,-hle,-rtm',
    sockets: 2,
    dies: 2,
    clusters: 1,
    cores: 1,
    threads: 2,
    absent: 0,
  },
  nodes: [
    {
      id: 0,
      megabytes: 1024,
      cpus: '0-3',
      access: { initiator: 0, near: { ns: 10, mbps: 204800 }, far: { ns: 60, mbps: 102400 } },
      cache: null,
    },
    {
      id: 1,
      megabytes: 1024,
      cpus: '4-7',
      access: { initiator: 1, near: { ns: 10, mbps: 204800 }, far: { ns: 60, mbps: 102400 } },
      cache: null,
    },
    {
      id: 2,
      megabytes: 512,
      cpus: '',
      access: { initiator: 0, near: { ns: 110, mbps: 51200 }, far: { ns: 160, mbps: 25600 } },
      cache: { level: 1, kilobytes: 65536, lineBytes: 64 },
    },
    {
      id: 3,
      megabytes: 512,
      cpus: '',
      access: { initiator: 1, near: { ns: 120, mbps: 40960 }, far: { ns: 170, mbps: 20480 } },
      cache: null,
    },
  ],
  distances: [
    [10, 21, 17, 28],
    [21, 10, 28, 17],
    [17, 28, 10, 28],
    [28, 17, 28, 10],
  ],
  identity: {
    bios: { vendor: 'Summit Firmware', version: '1.2.3', date: '04/01/2024' },
    system: {
      vendor: 'Summit Servers',
      product: 'Ridge 2000',
      serial: 'SYS-SN-42',
      uuid: '4c4c4544-0042-3510-8052-b4c04f4e3132',
      sku: 'RIDGE-SKU-9',
    },
    board: { vendor: 'Summit Boards', product: 'MB-1', version: 'rev C', serial: 'MB-SN-7' },
    chassis: { serial: 'CH-SN-1', asset: 'RACK12-U07' },
    dimm: {
      locator: 'DIMM_A',
      bank: 'P0 CHANNEL A',
      manufacturer: 'Hynix',
      part: 'HMCG78AGBRA190N',
      serial: '80AD0123',
      mtps: 4800,
    },
  },
  roots: [
    { id: 'root0', bus: 0x40, numaNode: 0 },
    { id: 'root1', bus: 0x80, numaNode: 1 },
  ],
  ports: [
    { id: 'port1', root: 'root0', slot: 1, speedGtps: '8', widthLanes: 4 },
    { id: 'port2', root: 'root1', slot: 2, speedGtps: '16', widthLanes: 8 },
    { id: 'port3', root: 'root1', slot: 3, speedGtps: '5', widthLanes: 2 },
    { id: 'port4', root: null, slot: 4, speedGtps: '16', widthLanes: 16 },
  ],
  drives: [
    {
      id: 'drive1',
      port: 'port1',
      serial: 'NVME-SER-0001',
      megabytes: 64,
      blockBytes: 512,
      keeps: false,
    },
    {
      id: 'drive2',
      port: 'port2',
      serial: 'NVME-SER-0002',
      megabytes: 96,
      blockBytes: 4096,
      keeps: false,
    },
    {
      id: 'drive3',
      port: 'port4',
      serial: 'NVME-SER-0003',
      megabytes: 128,
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
      mac: '52:54:00:11:22:01',
      speedMbps: 25000,
      isUp: true,
    },
    {
      id: 'nic2',
      model: 'e1000e',
      driver: 'e1000e',
      port: 'port3',
      mac: '52:54:00:11:22:02',
      speedMbps: 1000,
      isUp: false,
    },
    // The only one of qemu's whose driver is told when the link goes.
    {
      id: 'nic3',
      model: 'e1000',
      driver: 'e1000',
      port: null,
      mac: '52:54:00:11:22:03',
      speedMbps: 1000,
      isUp: true,
    },
  ],
  bmc: { firmwareMajor: 4, firmwareMinor: 0x17, manufacturerId: 674, productId: 256 },
  allowed: null,
  kernelArguments: [],
  // Otherwise the firmware handles slots of the first host bridge, and numbers them anew.
  extra: ['-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'],
  modules: [],
  prepare: [],
  facts: [],
  trials: [pulledDrive, newDrive, offlineCpu, failingDrive, cutLink],
}
