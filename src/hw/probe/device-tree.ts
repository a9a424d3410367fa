// Machines without DMI describe themselves in a device tree (ARM boards, RISC-V, POWER) or in /proc/sysinfo (s390).

import { known, type Reading } from '../../model/reading.ts'
import { parseDmiString, parseDmiUuid } from '../parse/dmi.ts'
import { parseSysinfo } from '../parse/sysinfo.ts'
import { type Bench, readFact } from './report.ts'

/** What such a machine says of itself; all null where it says nothing. */
export type SelfDescription = {
  readonly vendor: string | null
  readonly product: string | null
  readonly serial: string | null
  readonly uuid: string | null
  readonly partition: string | null
  readonly virtualisation: string | null
  readonly bootloader: string | null
}

const nothing: SelfDescription = {
  vendor: null,
  product: null,
  serial: null,
  uuid: null,
  partition: null,
  virtualisation: null,
  bootloader: null,
}

export function selfDescription(bench: Bench): SelfDescription {
  return deviceTree(bench) ?? s390(bench) ?? nothing
}

function deviceTree(bench: Bench): SelfDescription | null {
  const root = '/proc/device-tree'
  const list = bench.source.list(root)
  if (list.kind !== 'known') return null
  const names = new Set(list.value)
  const fact = <T>(file: string, parse: (text: string) => Reading<T>) =>
    names.has(file) ? readFact(bench, `${root}/${file}`, parse) : null
  const model = fact('model', parseDmiString)
  return {
    vendor: null,
    product: model,
    serial: fact('serial-number', parseDmiString) ?? fact('system-id', parseDmiString),
    uuid: fact('ibm,partition-uuid', parseDmiUuid),
    partition: fact('ibm,partition-name', parseDmiString),
    virtualisation: treeVirtualisation(bench, { root, names, model }),
    bootloader: names.has('chosen') ? readFact(bench, `${root}/chosen/u-boot,version`, parseDmiString) : null,
  }
}

type Tree = { readonly root: string; readonly names: ReadonlySet<string>; readonly model: string | null }

/** A hypervisor has a node of its own; `ibm,opal` is the firmware of POWER machines that run Linux on the metal. */
function treeVirtualisation(bench: Bench, { root, names, model }: Tree): string | null {
  if (names.has('hypervisor')) {
    const kind = readFact(bench, `${root}/hypervisor/compatible`, (text) => known(text.split('\0').join(' ')))
    for (const name of ['kvm', 'xen', 'vmware']) if (kind?.includes(name)) return name
    return 'other'
  }
  if (names.has('ibm,opal')) return 'none'
  if (model?.includes('qemu') || model === 'linux,dummy-virt' || model === 'riscv-virtio,qemu') return 'qemu'
  return names.has('ibm,partition-name') ? 'powervm' : null
}

function s390(bench: Bench): SelfDescription | null {
  const said = readFact(bench, '/proc/sysinfo', parseSysinfo)
  if (said === null) return null
  const { vendor, product, serial, uuid, partition, controlProgram } = said
  const virtualisation = /^KVM/.test(controlProgram ?? '') ? 'kvm' : controlProgram?.split(' ')[0]?.toLowerCase()
  return { ...nothing, vendor, product, serial, uuid, partition, virtualisation: virtualisation ?? 'pr/sm' }
}
