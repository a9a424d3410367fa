// What sort of drive a block device is and how it is reached, from its name, its path under /sys/devices, the driver of
// its host adapter and the words it answers an inquiry with. Decides on texts alone; reads nothing.

import type { Disk } from '../../model/inventory.ts'

export type DriveWords = {
  /** The kernel's name. */
  readonly name: string
  /** Real path under /sys/devices; of a multipath NVMe drive that of its first controller. */
  readonly path: string
  /** With the vendor where SCSI tells them apart. */
  readonly model: string | null
  /** `proc_name` of the SCSI host: `ahci`, `megaraid_sas`, `mpt3sas`, `hpsa` … */
  readonly driver: string | null
  /** What the driver says of a volume (`RAID 5`, `N/A` for a bare drive); null where it says nothing. */
  readonly raidLevel: string | null
  readonly nvmeTransport: string | null
  /** Of an ATA drive, whether udev found it to be SATA; null where it does not say. */
  readonly isSata: boolean | null
}

/** Whole block devices that stand for no drive: stacked, over the network, in memory, without a medium of their own. */
const notDrives = /^(loop|ram|zram|zd|nbd|dm-|md|drbd|rbd|sr|fd|bcache|ublkb|mtdblock|mtd_|ubiblock|xpram)\d*/

/** Hardware partitions that an eMMC shows as devices beside the drive: boot areas, replay-protected memory (FN-0043). */
const mmcAreas = /^mmcblk\d+(boot\d|rpmb|gp\d)$/

/** Drives of drivers that give no `device` link in old kernels. */
const drivesByName = /^(nvme|mmcblk|pmem|vd|xvd|dasd)/

export function isDriveName(name: string, hasDevice: boolean): boolean {
  return !notDrives.test(name) && !mmcAreas.test(name) && (hasDevice || drivesByName.test(name))
}

/** Vendor and model of what hypervisors, BMCs and the kernel's own test driver show. */
const virtualWords = [
  /^QEMU\b/i,
  /^VMware\b/i,
  /^Msft *Virtual/i,
  /^Microsoft Virtual Disk/i,
  /^MSFT NVMe Accelerator/,
  /\bVBOX\b/i,
  /^ORCL-VBOX/,
  /^Google *PersistentDisk/,
  /^nvme_card(-pd)?$/,
  /^Amazon Elastic Block Store/,
  /^Parallels\b|^Virtual HDD/,
  /^Nutanix *VDISK/i,
  /^XENSRC|^Xen\b/i,
  /^DO *Volume/,
  /^0?AIX *VDASD|^IBM VDASD/,
  /^Linux scsi_debug/,
  /^(AMI|Avocent|Dell|iDRAC|HP iLO|HPE iLO|Linux|Lenovo|Insyde|ATEN) ?.*Virtual ?(HDisk|Floppy|CDROM|Media|HD|Disk\d|FDD)/i,
]

/** Vendor and model of volumes that RAID controllers show, for controllers whose driver does not say so itself. */
const raidWords = [
  /\bPERC\b/,
  /\b(Mega|MR)RAID\b/i,
  /\bMR\d{4}-?\d*[a-z]/,
  /^(AVAGO|BROADCOM|LSI|LENOVO|INSPUR|Intel|FTS|Cisco|SMC)\b.*\b(SMC\d{4}|MR\w*|RS\w*|PRAID\w*|UCSC\w*|RAID\w*)\b/i,
  /\b(LSI|LSILOGIC|Dell) *(Logical|Virtual) *(Volume|Disk)\b/i,
  /\bLOGICAL VOLUME\b/i,
  /^(Adaptec|ASR|Areca|ARC-?|AMCC|3ware|Promise|HPT|DELL *PV|ICP|MYLEX|DPT) ?.*(ARRAY|RAID|VOL|R\d|DISK|9\d{3})/i,
  /^Areca\b|^AMCC\b|^3ware\b/,
  /^(IBM|LENOVO) *ServeRAID/i,
  /^IBM *IPR-\d/,
  /^HP *MSA?1?\d* *VOLUME/,
  /^Marvell *Raid|^Marvell *(Raid )?VD/i,
  /^DELLBOSS *VD/,
]

/** Drivers all of whose drives are volumes. */
const raidDrivers = new Set([
  'megaraid_legacy',
  'megaraid',
  '3w-xxxx',
  '3w-9xxx',
  '3w-sas',
  'ips',
  'gdth',
  'DAC960',
  'arcmsr',
])

/** `isRotating` is the kernel's claim. Null where nothing tells. */
export function kindOf(words: DriveWords, transport: string | null, isRotating: boolean | null): Disk['kind'] {
  const { name, path } = words
  const said = words.model ?? ''
  if (name.startsWith('pmem')) return 'pmem'
  if (transport === 'virtio' || transport === 'xen' || transport === 'vmbus') return 'virtual'
  if (virtualWords.some((pattern) => pattern.test(said)) || path.includes('/pseudo_')) return 'virtual'
  if (name.startsWith('nvme')) return 'nvme'
  if (transport === 'mmc') return 'mmc'
  if (isRaidVolume(words, said)) return 'raid'
  if (transport === 'fc' || transport === 'iscsi' || transport === 'ccw') return 'lun'
  if (isRotating === false) return 'ssd'
  // A stick that does not say what it is made of is taken to rotate by the kernel (FN-0041).
  return isRotating === null || transport === 'usb' ? null : 'hdd'
}

function isRaidVolume({ raidLevel, driver, path }: DriveWords, said: string): boolean {
  if (raidLevel !== null) return !/^(N\/A|unknown|unavailable|jbod|)$/i.test(raidLevel)
  if (driver !== null && raidDrivers.has(driver)) return true
  const channel = /\/target\d+:(\d+):\d+\//.exec(path)?.[1]
  // megaraid_sas shows bare drives on channels 0 and 1 and volumes above, aacraid the volumes on channel 0.
  if (driver === 'megaraid_sas' && channel !== undefined) return Number(channel) >= 2
  if (driver === 'aacraid' && channel !== undefined) return channel === '0'
  return raidWords.some((pattern) => pattern.test(said))
}

export function transportOf({ name, path, driver, nvmeTransport, isSata }: DriveWords): string | null {
  if (name.startsWith('nvme')) {
    return nvmeTransport === null || nvmeTransport === 'pcie' ? 'nvme' : `nvme-${nvmeTransport}`
  }
  if (name.startsWith('mmcblk')) return 'mmc'
  if (name.startsWith('pmem')) return 'pmem'
  if (/\/usb\d+\//.test(path)) return 'usb'
  if (/\/ata\d+\//.test(path)) return ataTransport(driver, isSata)
  if (/\/end_device-/.test(path)) return 'sas'
  if (/\/rport-/.test(path)) return 'fc'
  if (/\/session\d+\//.test(path)) return 'iscsi'
  if (/\/virtio\d+(\/|$)/.test(path)) return 'virtio'
  if (/\/(vmbus[_-]?\d*|VMBUS:)/i.test(path)) return 'vmbus'
  if (/\/(vbd|xen)-\d+/.test(path) || name.startsWith('xvd')) return 'xen'
  if (name.startsWith('dasd')) return 'ccw'
  if (driver === 'ufshcd') return 'ufs'
  return /\/host\d+\//.test(path) ? 'scsi' : null
}

/** Drivers of old parallel adapters are called `pata_…`; `ata_piix` drives both. */
function ataTransport(driver: string | null, isSata: boolean | null): string {
  if (isSata === true || driver === null) return 'sata'
  return /^(pata_|ata_)/.test(driver) ? 'ata' : 'sata'
}
