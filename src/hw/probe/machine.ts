// What the machine is called and what identifies it. SMBIOS tables, which need root, come first; then the kernel's own
// copy of some of their strings; boards without either describe themselves in other ways.

import type { BoardIdentity, ChassisIdentity, MachineIdentity, Nic } from '../../model/inventory.ts'
import { type Identity, identityOf } from '../identity.ts'
import type { Cpuinfo } from '../parse/cpuinfo.ts'
import { parseDmiString, parseDmiUuid } from '../parse/dmi.ts'
import { chassisTypeName, type Smbios } from '../parse/smbios.ts'
import { probeBmc } from './bmc.ts'
import { selfDescription } from './device-tree.ts'
import { type Bench, listNames, readFact } from './report.ts'
import { virtualisationOf } from './virtualisation.ts'

export type MachineSurroundings = {
  readonly smbios: Smbios | null
  readonly cpuinfo: Cpuinfo | null
  readonly nics: readonly Nic[]
}

/** Where the kernel keeps its copy. */
const dmiFolder = '/sys/class/dmi/id'

/** A string of the kernel's copy; null where there is none or it is a filler. `fact` is what it leaves unknown. */
export type DmiFact = (file: string, fact?: string) => string | null

export function dmiFacts(bench: Bench): DmiFact {
  const files = new Set(listNames(bench, dmiFolder))
  return (file, fact) => {
    const parse = file === 'product_uuid' ? parseDmiUuid : parseDmiString
    return files.has(file) ? readFact(bench, `${dmiFolder}/${file}`, parse, fact === undefined ? [] : [fact]) : null
  }
}

export type Machine = {
  readonly machine: MachineIdentity
  /** Of a board without BIOS, what booted it. */
  readonly bootloader: string | null
}

export function probeMachine(bench: Bench, dmi: DmiFact, { smbios, cpuinfo, nics }: MachineSurroundings): Machine {
  const system = smbios?.system ?? null
  const board = boardOf(dmi, smbios)
  const named = {
    vendor: system === null ? dmi('sys_vendor', 'machine.vendor') : system.vendor,
    product: system === null ? dmi('product_name', 'machine.product') : system.product,
    serial: system === null ? dmi('product_serial', 'machine.serial') : system.serial,
  }
  const uuid = dmi('product_uuid', 'machine.uuid') ?? system?.uuid ?? null
  const isDescribed = board !== null || uuid !== null || Object.values(named).some((one) => one !== null)
  const self = isDescribed ? null : selfDescription(bench)
  const bmc = probeBmc(bench, smbios?.ipmiVersion ?? null)
  const isUnread = (fact: string) => bench.report.isExplained(`machine.${fact}`)
  const machine = {
    vendor: named.vendor ?? (isUnread('vendor') ? null : (board?.vendor ?? self?.vendor ?? null)),
    product: named.product ?? (isUnread('product') ? null : (board?.product ?? self?.product ?? null)),
    serial: named.serial ?? self?.serial ?? null,
    uuid: uuid ?? self?.uuid ?? null,
    sku: system === null ? dmi('product_sku') : system.sku,
    partition: self?.partition ?? null,
    board,
    chassis: chassisOf(dmi, smbios),
    virtualisation: virtualisationOf(bench, {
      vendor: named.vendor,
      product: named.product,
      boardVendor: board?.vendor ?? null,
      biosVendor: smbios?.bios?.vendor ?? (self === null ? dmi('bios_vendor') : null),
      cpuIsVirtual: cpuinfo?.isVirtual ?? null,
      firmwareIsVirtual: smbios?.bios?.isVirtual ?? false,
      hasBmc: bmc !== null,
      said: self?.virtualisation ?? null,
    }),
    bmc,
  }
  return { machine: { ...identified(bench, machine, nics), ...machine }, bootloader: self?.bootloader ?? null }
}

function identified(
  bench: Bench,
  machine: Omit<MachineIdentity, 'id' | 'idFrom'>,
  nics: readonly Nic[],
): Pick<Identity, 'id' | 'idFrom'> {
  const { id, idFrom, why } = identityOf(machine, nics, (fact) => bench.report.isExplained(fact))
  if (why !== null) bench.report.add({ code: 'HW_UNKNOWN', where: 'machine.id', message: why }, ['machine.id'])
  return { id, idFrom }
}

function boardOf(dmi: DmiFact, smbios: Smbios | null): BoardIdentity | null {
  const board = smbios?.board ?? {
    vendor: dmi('board_vendor'),
    product: dmi('board_name'),
    version: dmi('board_version'),
    serial: dmi('board_serial', 'machine.board.serial'),
  }
  return Object.values(board).every((one) => one === null) ? null : board
}

function chassisOf(dmi: DmiFact, smbios: Smbios | null): ChassisIdentity | null {
  const from = smbios?.chassis
  const type = from === null || from === undefined ? dmi('chassis_type') : null
  const chassis = {
    type: type === null ? (from?.type ?? null) : chassisTypeName(Number(type)),
    serial: from ? from.serial : dmi('chassis_serial', 'machine.chassis.serial'),
    assetTag: from ? from.assetTag : dmi('chassis_asset_tag'),
  }
  return Object.values(chassis).every((one) => one === null) ? null : chassis
}
