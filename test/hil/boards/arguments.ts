// What qemu is told for a board: pure, from the description to arguments. It does not know the guest's kernel, its
// initial file system, nor how commands reach the guest; guest.ts adds those.

import { formatCpuList, parseCpuList } from '../../../src/model/cpu-set.ts'
import type { Board, BoardDrive, BoardIdentity, BoardNic, BoardNode, NodeAccess, Processors } from './types.ts'

/**
 * `folder` is where drives that keep what is written have their files, named `ID.img`. Names and values come from our own
 * boards, which have no comma in them: qemu splits options at commas.
 */
export function boardArguments(board: Board, folder: string): readonly string[] {
  const megabytes = board.nodes.reduce((sum, node) => sum + node.megabytes, 0)
  return [
    ['-machine', board.machine],
    ['-accel', 'tcg,thread=multi'],
    ['-cpu', board.processors.model],
    ['-smp', smp(board)],
    ['-m', `${megabytes}M,slots=4,maxmem=16G`],
    ...board.nodes.flatMap((node) => nodeArguments(board, node)),
    ...distanceArguments(board),
    ...hmatArguments(board),
    ...smbiosArguments(board.identity),
    ...board.roots.map(({ id, bus, numaNode }) => [
      '-device',
      `pxb-pcie,id=${id},bus_nr=${bus},bus=pcie.0,numa_node=${numaNode}`,
    ]),
    ...board.ports.map(({ id, root, slot, speedGtps, widthLanes }) => [
      '-device',
      `pcie-root-port,id=${id},bus=${root ?? 'pcie.0'},chassis=${slot},slot=${slot},x-speed=${speedGtps},x-width=${widthLanes}`,
    ]),
    ...board.drives.flatMap((drive) => driveArguments(drive, folder)),
    ...board.nics.flatMap(nicArguments),
    ...bmcArguments(board),
    board.extra,
  ].flat()
}

/** The CPUs of a board that are plugged in, as the kernel numbers them. */
export function cpuCount({ sockets, dies, clusters, cores, threads, absent }: Processors): number {
  return sockets * dies * clusters * cores * threads - absent
}

function smp({ architecture, processors }: Board): string {
  const { sockets, dies, clusters, cores, threads, absent } = processors
  const count = cpuCount(processors)
  const between = architecture === 'x86_64' ? `dies=${dies}` : `clusters=${clusters}`
  return `${count},maxcpus=${count + absent},sockets=${sockets},${between},cores=${cores},threads=${threads}`
}

function nodeArguments(board: Board, { id, megabytes, cpus, access }: BoardNode): readonly string[][] {
  const ranges = runsOf(cpus).map((run) => `,cpus=${run}`)
  const initiator = access === null ? '' : `,initiator=${access.initiator}`
  const isAlone = board.nodes.length === 1
  return [
    ['-object', `memory-backend-ram,id=memory${id},size=${megabytes}M`],
    ...(isAlone && cpus === ''
      ? []
      : [['-numa', `node,nodeid=${id},memdev=memory${id}${ranges.join('')}${initiator}`]]),
  ]
}

/** qemu takes one range an option. */
function runsOf(cpus: string): readonly string[] {
  const set = parseCpuList(cpus) ?? []
  return set.length === 0 ? [] : formatCpuList(set).split(',')
}

function distanceArguments({ nodes, distances }: Board): readonly string[][] {
  return distances.flatMap((row, from) =>
    row.flatMap((value, to) =>
      from === to ? [] : [['-numa', `dist,src=${nodes[from]?.id},dst=${nodes[to]?.id},val=${value}`]],
    ),
  )
}

/** Each processor node says how it reaches each memory; memory alone starts nothing. */
function hmatArguments({ nodes }: Board): readonly string[][] {
  const told = nodes.flatMap((node) => (node.access === null ? [] : [{ id: node.id, access: node.access }]))
  const figures = nodes
    .filter(({ cpus }) => cpus !== '')
    .flatMap(({ id: initiator }) => told.flatMap(({ id, access }) => hmatFigures(initiator, id, access)))
  const caches = nodes.flatMap(({ id, cache }) =>
    cache === null
      ? []
      : [
          [
            '-numa',
            `hmat-cache,node-id=${id},size=${cache.kilobytes}K,level=${cache.level},associativity=direct,policy=write-back,line=${cache.lineBytes}`,
          ],
        ],
  )
  return [...figures, ...caches]
}

function hmatFigures(initiator: number, target: number, access: NodeAccess): readonly string[][] {
  const { ns, mbps } = access.initiator === initiator ? access.near : access.far
  const pair = `hmat-lb,initiator=${initiator},target=${target},hierarchy=memory`
  return [
    ['-numa', `${pair},data-type=access-latency,latency=${ns}`],
    ['-numa', `${pair},data-type=access-bandwidth,bandwidth=${mbps}M`],
  ]
}

function smbiosArguments(identity: BoardIdentity): readonly string[][] {
  if (identity === null) return []
  const { bios, system, board, chassis, dimm } = identity
  return [
    `type=0,vendor=${bios.vendor},version=${bios.version},date=${bios.date}`,
    `type=1,manufacturer=${system.vendor},product=${system.product},serial=${system.serial},uuid=${system.uuid},sku=${system.sku}`,
    `type=2,manufacturer=${board.vendor},product=${board.product},version=${board.version},serial=${board.serial}`,
    `type=3,serial=${chassis.serial},asset=${chassis.asset}`,
    `type=17,loc_pfx=${dimm.locator},bank=${dimm.bank},manufacturer=${dimm.manufacturer},part=${dimm.part},serial=${dimm.serial},speed=${dimm.mtps}`,
  ].map((text) => ['-smbios', text])
}

function driveArguments(drive: BoardDrive, folder: string): readonly string[][] {
  const { id, port, serial, blockBytes } = drive
  const blocks = `logical_block_size=${blockBytes},physical_block_size=${blockBytes}`
  return [
    ['-blockdev', backing(drive, folder)],
    ['-device', `nvme,id=${id},serial=${serial},bus=${port ?? 'pcie.0'}`],
    ['-device', `nvme-ns,id=${id}-ns,drive=${id}-data,bus=${id},${blocks}`],
  ]
}

function backing({ id, megabytes, keeps }: BoardDrive, folder: string): string {
  if (keeps) return `driver=file,node-name=${id}-data,filename=${folder}/${id}.img`
  return `driver=null-co,node-name=${id}-data,size=${megabytes * mebibyte},read-zeroes=on`
}

/** `restrict` keeps the guest from the network. */
function nicArguments({ id, model, port, mac, speedMbps }: BoardNic): readonly string[][] {
  const speed = model === 'virtio-net-pci' ? `,speed=${speedMbps},duplex=full` : ''
  return [
    ['-netdev', `user,id=${id}-net,restrict=on`],
    ['-device', `${model},id=${id},netdev=${id}-net,mac=${mac},bus=${port ?? 'pcie.0'}${speed}`],
  ]
}

function bmcArguments({ bmc }: Board): readonly string[][] {
  if (bmc === null) return []
  const { firmwareMajor, firmwareMinor, manufacturerId, productId } = bmc
  return [
    [
      '-device',
      `ipmi-bmc-sim,id=bmc,fwrev1=${firmwareMajor},fwrev2=${firmwareMinor},mfg_id=${manufacturerId},product_id=${productId}`,
    ],
    ['-device', 'isa-ipmi-kcs,bmc=bmc,irq=5'],
  ]
}

const mebibyte = 1024 * 1024
