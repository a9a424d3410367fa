// What runs this machine: a hypervisor by the names it gives itself, or nothing. `none` is said only where something
// speaks for it, never because nothing was found.

import { cleanText, parseLine } from '../parse/numbers.ts'
import { type Bench, readFact } from './report.ts'

export type VirtualisationClues = {
  readonly vendor: string | null
  readonly product: string | null
  readonly boardVendor: string | null
  readonly biosVendor: string | null
  /** The processor's own word (x86); null where it has none. */
  readonly cpuIsVirtual: boolean | null
  readonly firmwareIsVirtual: boolean
  readonly hasBmc: boolean
  /** What a machine without DMI says. */
  readonly said: string | null
}

export function virtualisationOf(bench: Bench, clues: VirtualisationClues): string | null {
  if (clues.said !== null) return clues.said
  const named = nameIn(clues)
  // A cloud's name is on its bare machines as well; the processor of those says that nothing runs it.
  if (named?.isCloud && clues.cpuIsVirtual === false) return 'none'
  if (named !== undefined && named.kind !== 'qemu') return named.kind
  if (clues.cpuIsVirtual === true)
    return isFirstXenDomain(bench) ? 'none' : (clockMaker(bench) ?? named?.kind ?? 'other')
  if (named !== undefined) return named.kind
  if (clues.firmwareIsVirtual) return 'other'
  return clues.cpuIsVirtual === false || clues.hasBmc ? 'none' : null
}

type Maker = { readonly kind: string; readonly isCloud?: true }

/** Names in DMI. The first that one of the strings has wins; `qemu` is refined by what the kernel sees of it. */
const makers: readonly (readonly [RegExp, Maker])[] = [
  [/^VMware/i, { kind: 'vmware' }],
  [/VirtualBox|innotek/i, { kind: 'virtualbox' }],
  [/^Xen|HVM domU/i, { kind: 'xen' }],
  [/^Parallels/i, { kind: 'parallels' }],
  [/^BHYVE/i, { kind: 'bhyve' }],
  [/^Apple Virtualization/i, { kind: 'apple' }],
  [
    /^(Amazon EC2|Google Compute Engine|Google|Alibaba Cloud|Tencent Cloud|DigitalOcean|Hetzner)/i,
    { kind: 'kvm', isCloud: true },
  ],
  [/KVM|^OpenStack|^RHEV|oVirt|^AHV/i, { kind: 'kvm' }],
  [/^(QEMU|Bochs)/i, { kind: 'qemu' }],
]

function nameIn({ vendor, product, boardVendor, biosVendor }: VirtualisationClues): Maker | undefined {
  if (vendor === 'Microsoft Corporation' && product === 'Virtual Machine') return { kind: 'hyper-v' }
  const texts = [product, vendor, boardVendor, biosVendor].filter((text) => text !== null)
  return makers.find(([pattern]) => texts.some((text) => pattern.test(text)))?.[1]
}

/** The clock that a hypervisor gives its guests. An emulator gives none. */
function clockMaker(bench: Bench): string | null {
  const clocks = bench.source.readText('/sys/devices/system/clocksource/clocksource0/available_clocksource')
  const names = clocks.kind === 'known' ? cleanText(clocks.value) : ''
  if (names.includes('kvm-clock')) return 'kvm'
  if (names.includes('hyperv_clocksource')) return 'hyper-v'
  return names.includes('xen') ? 'xen' : null
}

/** Xen's first domain sees the hardware. */
function isFirstXenDomain(bench: Bench): boolean {
  if (readFact(bench, '/sys/hypervisor/type', parseLine) !== 'xen') return false
  const capabilities = bench.source.readText('/proc/xen/capabilities')
  return capabilities.kind === 'known' && capabilities.value.includes('control_d')
}
