// Drives: whole block devices of real (or a virtual machine's) hardware. Partitions, loops, RAM disks, and stacked
// devices (device mapper, software RAID) are not drives. A drive that shows several paths is listed once a path.
// It does not know health; smartctl does.

import type { Disk } from '../../model/inventory.ts'
import { absent, known, type Reading } from '../../model/reading.ts'
import { parseDmiString } from '../parse/dmi.ts'
import { cleanText, parseInteger } from '../parse/numbers.ts'
import { pciAddressInPath } from '../parse/pci.ts'
import { parseVpdSerial } from '../parse/vpd.ts'
import { numaNodeOf } from './locality.ts'
import type { NumaFacts } from './numa.ts'
import { type Bench, listNames, readFact, settle } from './report.ts'

/** The kernel counts in these whatever the drive's own blocks are. */
const sectorBytes = 512

const notDrives = /^(loop|ram|zram|zd|nbd|dm-|md|drbd|rbd|sr|fd|bcache|ublkb)\d*/

export function probeDisks(bench: Bench, numa: NumaFacts): readonly Disk[] {
  return listNames(bench, '/sys/block').flatMap((name) => disk(bench, numa, name) ?? [])
}

function disk(bench: Bench, numa: NumaFacts, name: string): Disk | null {
  const folder = `/sys/block/${name}`
  if (notDrives.test(name) || readFact(bench, `${folder}/hidden`, parseInteger) === 1) return null
  const isDevice = bench.source.exists(`${folder}/device`)
  if (!isDevice && !/^(nvme|mmcblk|pmem|vd)/.test(name)) return null
  const path = bench.source.realPath(`${folder}/device`) ?? bench.source.realPath(folder) ?? folder
  const controller = controllerPath(bench, name, path)
  const fact = (file: string) => readFact(bench, `${folder}/${file}`, parseDmiString)
  const sectors = readFact(bench, `${folder}/size`, parseInteger, [`disks[${name}].sizeBytes`])
  return {
    name,
    model: modelOf(fact('device/vendor'), fact('device/model'), name),
    serial: fact('device/serial') ?? fact('serial') ?? vpdSerial(bench, folder, name),
    sizeBytes: sizeOf(bench, name, sectors),
    rotational: rotationalOf(readFact(bench, `${folder}/queue/rotational`, parseInteger)),
    transport: transportOf(bench, name, controller),
    numaNode: numaNodeOf(bench, numa, controller),
    pciAddress: pciAddressInPath(controller),
    wwn: null,
    logicalBlockBytes: null,
    physicalBlockBytes: null,
    kind: null,
    isRemovable: null,
    isReadOnly: null,
    paths: [],
    partitions: [],
    usedBy: [],
    isFree: null,
    firmware: fact('device/firmware_rev') ?? fact('device/rev') ?? fact('device/fwrev'),
  }
}

/** SCSI gives vendor and model apart; for SATA the vendor is the word ATA. A virtio drive's vendor is a bare PCI id. */
function modelOf(vendor: string | null, model: string | null, name: string): string | null {
  if (model === null || vendor === null || vendor === 'ATA' || name.startsWith('nvme') || vendor.startsWith('0x'))
    return model
  return `${vendor} ${model}`
}

function sizeOf(bench: Bench, name: string, sectors: number | null): number | null {
  if (sectors === null) return null
  if (sectors > 0) return sectors * sectorBytes
  const message = 'the drive has no size: no medium, or it does not answer'
  bench.report.add({ code: 'HW_UNKNOWN', where: `/sys/block/${name}/size`, message }, [`disks[${name}].sizeBytes`])
  return null
}

function rotationalOf(value: number | null): boolean | null {
  return value === null ? null : value === 1
}

/** A multipath NVMe drive hangs below a virtual subsystem; its hardware is where the subsystem's controllers are. */
function controllerPath(bench: Bench, name: string, path: string): string {
  const match = /\/nvme-subsystem\/(nvme-subsys\d+)/.exec(path)
  if (match === null || !name.startsWith('nvme')) return path
  const subsystem = `/sys/class/nvme-subsystem/${match[1]}`
  const controllers = listNames(bench, subsystem).filter((entry) => /^nvme\d+$/.test(entry))
  const paths = controllers.map((entry) => bench.source.realPath(`${subsystem}/${entry}`))
  return paths.find((one) => one !== null && pciAddressInPath(one) !== null) ?? path
}

function transportOf(bench: Bench, name: string, path: string): string | null {
  if (name.startsWith('nvme')) {
    const transport =
      readFact(bench, `${path}/transport`, parseWord) ?? readFact(bench, `${path}/device/transport`, parseWord)
    return transport === null || transport === 'pcie' ? 'nvme' : `nvme-${transport}`
  }
  if (name.startsWith('mmcblk')) return 'mmc'
  if (name.startsWith('pmem')) return 'pmem'
  if (/\/usb\d/.test(path)) return 'usb'
  if (/\/ata\d/.test(path)) return 'sata'
  if (/\/end_device-/.test(path)) return 'sas'
  if (/\/rport-/.test(path)) return 'fc'
  if (/\/session\d/.test(path)) return 'iscsi'
  if (/\/virtio\d/.test(path)) return 'virtio'
  return /\/host\d/.test(path) ? 'scsi' : null
}

function vpdSerial(bench: Bench, folder: string, name: string): string | null {
  const path = `${folder}/device/vpd_pg80`
  const bytes = settle(bench.report, bench.source.readBytes(path), path, [`disks[${name}].serial`])
  return bytes === null ? null : settle(bench.report, parseVpdSerial(bytes), path, [`disks[${name}].serial`])
}

function parseWord(text: string): Reading<string> {
  const word = cleanText(text)
  return word === '' ? absent : known(word)
}
