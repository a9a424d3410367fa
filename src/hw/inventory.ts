// The whole document from the sections. A section that fails loses only itself: the rest stands, and a problem says what
// is missing. Nothing here reads the machine; the probes do, through the source.

import { formatCpuList, parseCpuList } from '../model/cpu-set.ts'
import type { CpuPackage, CpuSection, Inventory } from '../model/inventory.ts'
import { valueOr } from '../model/reading.ts'
import { fail, ok, type Result } from '../model/result.ts'
import type { Smbios } from './parse/smbios.ts'
import { probeAccelerators } from './probe/accelerators.ts'
import { type Allowed, probeAllowed } from './probe/allowed.ts'
import { type CpuFacts, probeCpu } from './probe/cpu.ts'
import { homeIn } from './probe/cpu-files.ts'
import { probeFirmware } from './probe/firmware.ts'
import { probeGpus } from './probe/gpus.ts'
import { dmiFacts, probeMachine } from './probe/machine.ts'
import { probeMemory } from './probe/memory.ts'
import { probeNetwork } from './probe/network.ts'
import { type NumaFacts, probeNuma } from './probe/numa.ts'
import { probeOs } from './probe/os.ts'
import { probePci } from './probe/pci.ts'
import { type Bench, Report } from './probe/report.ts'
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
  const { cpuinfo } = cpu
  const numa = probeNuma(bench, cpu.online)
  const nodeIds = numa.nodes.map((node) => node.id)
  const allowed = probeAllowed(bench, cpu.online, nodeIds)
  const smbios = probeSmbios(bench)
  const memory = probeMemory(bench, numa.nodes, smbios)
  const pci = probePci(bench, numa)
  const { disks, volumes, filesystems } = probeStorage(bench, numa)
  const { nics, fabrics } = probeNetwork(bench, numa)
  const dmi = dmiFacts(bench)
  const { machine, bootloader } = probeMachine(bench, dmi, { smbios, cpuinfo, nics })
  const firmware = probeFirmware(bench, dmi, { smbios, cpuinfo, bmc: machine.bmc, bootloader, nics, fabrics, disks })
  const { gpus, firmware: gpuFirmware } = probeGpus(bench, { numa, pci, nics, disks })
  const { nodes, distances } = numa
  const document = {
    schema: 'tepui.inventory/1',
    cpu: cpuSection(cpu, { numa, allowed, smbios }),
    numa: { allowed: allowed === null ? null : formatCpuList(allowed.memoryNodes), nodes, distances },
    memory,
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

/** Any of the folders and files that every Linux shows is enough: captures are incomplete in different ways. */
function isMachine(source: Source): boolean {
  const folders = ['devices', 'class', 'block', 'bus', 'kernel']
  if (valueOr(source.list('/sys'), []).some((name) => folders.includes(name))) return true
  const texts = ['/proc/cpuinfo', '/proc/meminfo'].map((path) => valueOr(source.readText(path), ''))
  return /^(processor|cpu|vendor_id|MemTotal)/m.test(texts.join('\n'))
}

type Beside = { readonly numa: NumaFacts; readonly allowed: Allowed | null; readonly smbios: Smbios | null }

/** What the processors' own files do not say: which node a core is in, what we may use, names that only the board knows. */
function cpuSection({ section, online }: CpuFacts, { numa, allowed, smbios }: Beside): CpuSection {
  const nodeOf = homeIn(numa.sets)
  return {
    ...section,
    packages: withModel(section.packages, smbios),
    allowed: allowed === null || online.length === 0 ? null : formatCpuList(allowed.cpus),
    cores: section.cores.map((core) => ({ ...core, numaNode: nodeOf(parseCpuList(core.cpus) ?? []) })),
  }
}

/** Processors that the kernel has no name for have one in the firmware's tables; taken where all sockets say the same. */
function withModel(packages: readonly CpuPackage[], smbios: Smbios | null): readonly CpuPackage[] {
  const names = new Set((smbios?.processors ?? []).flatMap((one) => one.model ?? []))
  const [name = null] = names.size === 1 ? names : []
  return packages.map((one) => ({ ...one, model: one.model ?? name }))
}
