// Who a drive is: model, serial, firmware, world-wide name, from the cheapest source that does not cut or pad them.
// SCSI's own strings are cut (FN-0040), so a SATA drive is asked through its page 89h, else through udev's database.

import type { Reading } from '../../model/reading.ts'
import { parseDmiString } from '../parse/dmi.ts'
import { decodeUdev } from '../parse/udev-db.ts'
import { type AtaIdentity, parseVpdAta, parseVpdAtaModel, parseVpdName, parseVpdSerial } from '../parse/vpd.ts'
import type { BlockDevice } from './block-table.ts'
import { type Bench, readFact, settle } from './report.ts'

export type DriveIdentity = {
  readonly model: string | null
  readonly serial: string | null
  readonly firmware: string | null
  readonly wwn: string | null
}

/** `files` are the names in the device's own folder `<folder>/device`. */
export function readIdentity(bench: Bench, device: BlockDevice, files: ReadonlySet<string>): DriveIdentity {
  const { name, folder } = device
  const own = (file: string) => (files.has(file) ? readFact(bench, `${folder}/device/${file}`, parseDmiString) : null)
  const block = (file: string) => (device.files.has(file) ? readFact(bench, `${folder}/${file}`, parseDmiString) : null)
  const vendor = own('vendor')
  if (name.startsWith('nvme')) {
    const wwn = believable(block('wwid')) ?? nvmeName(block('nguid'), block('eui'), block('uuid'))
    return {
      model: own('model') ?? fromUdev(device, 'ID_MODEL'),
      serial: own('serial') ?? fromUdev(device, 'ID_SERIAL_SHORT'),
      firmware: own('firmware_rev') ?? fromUdev(device, 'ID_REVISION'),
      wwn: wwn ?? fromUdev(device, 'ID_WWN'),
    }
  }
  if (name.startsWith('dasd')) return dasdIdentity(device, own)
  if (name.startsWith('pmem')) {
    const uuid = own('uuid')
    return { model: null, serial: null, firmware: null, wwn: uuid === null ? null : `uuid.${uuid}` }
  }
  const isScsi = files.has('model') || device.udev?.has('ID_MODEL') === true
  if (isScsi && !vendor?.startsWith('0x')) return scsiIdentity(bench, device, files, { vendor, own })
  // A bus whose drives say little: virtio (whose `vendor` is a bare PCI id), Xen, MMC.
  const serial = own('serial') ?? block('serial') ?? fromUdev(device, 'ID_SERIAL')
  return { model: own('name'), serial, firmware: own('fwrev'), wwn: null }
}

function scsiIdentity(
  bench: Bench,
  device: BlockDevice,
  files: ReadonlySet<string>,
  { vendor, own }: { vendor: string | null; own: (file: string) => string | null },
): DriveIdentity {
  const page = <T>(file: string, parse: (bytes: Uint8Array) => Reading<T>): T | null => {
    if (!files.has(file)) return null
    const path = `${device.folder}/device/${file}`
    const bytes = settle(bench.report, bench.source.readBytes(path), path)
    return bytes === null ? null : settle(bench.report, parse(bytes), path)
  }
  const isAta = vendor === 'ATA'
  const ata: AtaIdentity | null = isAta ? page('vpd_pg89', parseVpdAta) : null
  const bus = device.udev?.get('ID_BUS')
  const whole = bus === 'ata' || bus === 'usb'
  const wwn = believable(own('wwid')) ?? page('vpd_pg83', parseVpdName) ?? nameFromUdev(device)
  return {
    model:
      ata?.model ??
      (bus === 'ata' ? fromUdev(device, 'ID_MODEL_ENC', 'ID_MODEL') : null) ??
      (isAta ? page('vpd_pg83', parseVpdAtaModel) : null) ??
      joined(vendor, own('model')) ??
      joined(fromUdev(device, 'ID_VENDOR_ENC', 'ID_VENDOR'), fromUdev(device, 'ID_MODEL_ENC', 'ID_MODEL')),
    serial:
      ata?.serial ??
      page('vpd_pg80', parseVpdSerial) ??
      fromUdev(device, 'ID_SCSI_SERIAL', 'SCSI_IDENT_SERIAL', ...(whole ? ['ID_SERIAL_SHORT'] : [])),
    firmware:
      ata?.firmware ??
      (bus === 'ata' ? fromUdev(device, 'ID_REVISION') : null) ??
      own('rev') ??
      fromUdev(device, 'ID_REVISION'),
    wwn,
  }
}

/** SCSI gives vendor and model apart; for SATA the vendor is the word ATA. */
function joined(vendor: string | null, model: string | null): string | null {
  if (model === null || vendor === null || vendor === 'ATA') return model
  return model.toLowerCase().startsWith(`${vendor.toLowerCase()} `) ? model : `${vendor} ${model}`
}

function fromUdev(device: BlockDevice, ...keys: readonly string[]): string | null {
  for (const key of keys) {
    const value = device.udev?.get(key)
    const reading = value === undefined ? null : parseDmiString(decodeUdev(value))
    if (reading?.kind === 'known') return reading.value
  }
  return null
}

function nameFromUdev(device: BlockDevice): string | null {
  const value = fromUdev(device, 'ID_WWN_WITH_EXTENSION', 'ID_WWN')
  return value === null ? null : value.replace(/^0x/, 'naa.')
}

/** Names that say nothing: `eui.0000000000000000`. */
function believable(wwn: string | null): string | null {
  return wwn === null || /^(eui|naa|uuid)\.[0-]*$/.test(wwn) ? null : wwn
}

/** Kernels before 4.3 give the parts that later ones make a name of. */
function nvmeName(nguid: string | null, eui: string | null, uuid: string | null): string | null {
  if (uuid !== null) return `uuid.${uuid}`
  const id = nguid ?? eui
  return id === null ? null : `eui.${id.replace(/[ -]/g, '')}`
}

/** A mainframe's volume is named by its storage server and unit address: `IBM.750000000DLNT1.7d02.00`. */
function dasdIdentity(device: BlockDevice, own: (file: string) => string | null): DriveIdentity {
  const serial = own('uid') ?? fromUdev(device, 'ID_UID')
  return { model: own('devtype') ?? own('discipline'), serial, firmware: null, wwn: null }
}
