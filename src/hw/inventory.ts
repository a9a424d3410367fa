// The whole document from the sections. A section that fails loses only itself: the rest stands, and a problem says what
// is missing. Nothing here reads the machine; the probes do, through the source.

import { formatCpuList, parseCpuList } from '../model/cpu-set.ts'
import type { CpuPackage, Inventory, MemorySection, NumaNode } from '../model/inventory.ts'
import { valueOr } from '../model/reading.ts'
import { fail, ok, type Result } from '../model/result.ts'
import { parseMemTotal } from './parse/memory-files.ts'
import type { Smbios } from './parse/smbios.ts'
import { probeAccelerators } from './probe/accelerators.ts'
import { probeAllowed } from './probe/allowed.ts'
import { probeCpu } from './probe/cpu.ts'
import { homeIn } from './probe/cpu-files.ts'
import { probeFirmware } from './probe/firmware.ts'
import { probeGpus } from './probe/gpus.ts'
import { dmiFacts, probeMachine } from './probe/machine.ts'
import { probeNetwork } from './probe/network.ts'
import { machineHugepages, probeNuma } from './probe/numa.ts'
import { probeOs } from './probe/os.ts'
import { probePci } from './probe/pci.ts'
import { type Bench, Report, readFact } from './probe/report.ts'
import { probeSmbios } from './probe/smbios.ts'
import { probeStorage } from './probe/storage.ts'
import type { Source } from './source/source.ts'
import { unknownFacts } from './unknowns.ts'

/**
 * What the machine behind `source` is. The only fault is HW_NOT_A_MACHINE; whatever else cannot be read is null in the
 * document and a problem in its list. Takes tens of milliseconds, more where a tool is slow; blocks meanwhile.
 */
export function probeInventory(source: Source): Result<Inventory> {
  if (!isMachine(source)) {
    const message = `${source.root} does not hold the /sys and /proc of a Linux machine: name the folder in which they are`
    return fail('HW_NOT_A_MACHINE', message, { root: source.root })
  }
  const report = new Report()
  const bench: Bench = { source, report }
  const cpu = probeCpu(bench)
  const numa = probeNuma(bench, cpu.online)
  const allowed = probeAllowed(
    bench,
    cpu.online,
    numa.nodes.map((node) => node.id),
  )
  const totalBytes = readFact(bench, '/proc/meminfo', parseMemTotal)
  compareMemory(report, numa.nodes, totalBytes)
  const smbios = probeSmbios(bench)
  const pci = probePci(bench, numa)
  const { disks, volumes, filesystems } = probeStorage(bench, numa)
  const { nics, fabrics } = probeNetwork(bench, numa)
  const dmi = dmiFacts(bench)
  const { cpuinfo } = cpu
  const { machine, bootloader } = probeMachine(bench, dmi, { smbios, cpuinfo, nics })
  const firmware = probeFirmware(bench, dmi, { smbios, cpuinfo, bmc: machine.bmc, bootloader, nics, fabrics, disks })
  const { gpus, firmware: gpuFirmware } = probeGpus(bench, { numa, pci, nics, disks })
  const nodeOf = homeIn(numa.sets)
  const cores = cpu.section.cores.map((core) => ({ ...core, numaNode: nodeOf(parseCpuList(core.cpus) ?? []) }))
  const document = {
    schema: 'tepui.inventory/1',
    cpu: {
      ...cpu.section,
      packages: withModel(cpu.section.packages, smbios),
      allowed: allowed === null || cpu.online.length === 0 ? null : formatCpuList(allowed.cpus),
      cores,
    },
    numa: {
      allowed: allowed === null ? null : formatCpuList(allowed.memoryNodes),
      nodes: numa.nodes,
      distances: numa.distances,
    },
    memory: memorySection(bench, totalBytes, smbios),
    pci,
    disks,
    volumes,
    filesystems,
    nics,
    fabrics,
    gpus,
    accelerators: probeAccelerators(bench, { numa, pci, gpus }),
    firmware: [...firmware, ...gpuFirmware],
    machine,
    os: probeOs(bench),
  } as const
  const unknown = unknownFacts(document, (fact) => report.isExplained(fact))
  return ok({ ...document, problems: [...report.problems(), ...unknown] })
}

/** Processors that the kernel has no name for have one in the firmware's tables; taken where all sockets say the same. */
function withModel(packages: readonly CpuPackage[], smbios: Smbios | null): readonly CpuPackage[] {
  const names = new Set((smbios?.processors ?? []).flatMap((one) => one.model ?? []))
  const [name = null] = names.size === 1 ? names : []
  return packages.map((one) => ({ ...one, model: one.model ?? name }))
}

/** Modules that the firmware lists are all there are; one of unknown size leaves the sum unknown. */
function memorySection(bench: Bench, totalBytes: number | null, smbios: Smbios | null): MemorySection {
  const dimms = smbios?.dimms ?? []
  const isKnown = dimms.length > 0 && dimms.every((dimm) => dimm.sizeBytes !== null)
  const installedBytes = isKnown ? dimms.reduce((sum, dimm) => sum + (dimm.sizeBytes ?? 0), 0) : null
  return { totalBytes, installedBytes, hugepages: machineHugepages(bench), dimms }
}

/** Any of the folders and files that every Linux shows is enough: captures are incomplete in different ways. */
function isMachine(source: Source): boolean {
  const folders = ['devices', 'class', 'block', 'bus', 'kernel']
  if (valueOr(source.list('/sys'), []).some((name) => folders.includes(name))) return true
  const texts = ['/proc/cpuinfo', '/proc/meminfo'].map((path) => valueOr(source.readText(path), ''))
  return /^(processor|cpu|vendor_id|MemTotal)/m.test(texts.join('\n'))
}

/** The kernel rounds the two differently; a larger difference means that one of them is not the whole memory. */
const memoryDifferenceMax = 0.05

/** Nodes that together have other memory than the machine: overlapping nodes, or a kernel still taking memory in (FN-0006). */
function compareMemory(report: Report, nodes: readonly NumaNode[], totalBytes: number | null): void {
  if (totalBytes === null || nodes.some((node) => node.memoryBytes === null)) return
  const sum = nodes.reduce((bytes, node) => bytes + (node.memoryBytes ?? 0), 0)
  if (Math.abs(sum - totalBytes) <= totalBytes * memoryDifferenceMax) return
  const message = `the NUMA nodes have ${sum} bytes together, /proc/meminfo says ${totalBytes}`
  report.add({ code: 'HW_CONFLICT', where: 'numa.nodes', message })
}
