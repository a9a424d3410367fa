// Lines of the kernel log in which GPU drivers report errors, as events: which device, which kind, NVIDIA's number of it.
// What an event means for the GPU is for src/hw/health to say. Formats: NVIDIA's driver prints `NVRM: Xid (PCI:…): N, …`
// (before 2013 without `PCI:`), its NVSwitch driver `SXid`; amdgpu, i915 and xe begin a line with driver and address.

import { normalisePciAddress, withoutFunction } from './pci.ts'

export type GpuLogEvent = {
  /** Domain, bus and device without the function: `0000:9b:00`. */
  readonly place: string
  readonly kind: GpuLogKind
  /** Xid or SXid; null for kinds that have none. */
  readonly number: number | null
  /** The driver itself says that the error is one that can be gone on from. */
  readonly isNonfatal: boolean
}
export type GpuLogKind =
  | 'xid'
  | 'switch-error'
  | 'off-the-bus'
  | 'not-started'
  | 'uncorrected'
  | 'bad-pages-exceeded'
  | 'reset'
  | 'reset-failed'
  | 'wedged'
  | 'hang'

/** Null for a line of anything else. */
export function parseGpuLogLine(text: string): GpuLogEvent | null {
  if (text.startsWith('NVRM: ')) return nvidiaLine(text)
  if (text.startsWith('nvidia-nvswitch')) return switchLine(text)
  const match = /^(amdgpu|i915|xe) ([0-9a-f:]{7,16}\.[0-7]): (.{1,400})/.exec(text)
  const place = match === null ? null : placeOf(match[2] as string)
  if (match === null || place === null) return null
  const said = (match[3] as string).replace(/^(amdgpu|\[drm\]|\*ERROR\*|GT\d|:|\s)+/, '')
  const kind = match[1] === 'amdgpu' ? amdKind(said) : intelKind(said)
  return kind === null ? null : { place, kind, number: null, isNonfatal: false }
}

function nvidiaLine(text: string): GpuLogEvent | null {
  const xid = /^NVRM: Xid \((?:PCI:)?([0-9a-f:]{5,16})\): (\d{1,4}), (.{0,200})/i.exec(text)
  if (xid !== null) {
    const place = placeOf(`${xid[1]}.0`)
    const said = xid[3] as string
    // Xid 154 tells what the driver now wants to be done with the GPU; that it wants nothing is good news.
    const isNonfatal = /\bNonfatal\b/.test(said) || / to 0x0 \(None\)/.test(said)
    return place === null ? null : { place, kind: 'xid', number: Number(xid[2]), isNonfatal }
  }
  const other = /^NVRM: (?:The NVIDIA )?GPU (?:at )?(?:PCI:)?([0-9a-f:]{5,16}\.[0-7]):? (.{0,200})/i.exec(text)
  const place = other === null ? null : placeOf(other[1] as string)
  const said = other?.[2] ?? ''
  const kind = /fallen off the bus/.test(said)
    ? 'off-the-bus'
    : /RmInitAdapter failed/.test(said)
      ? 'not-started'
      : null
  return place === null || kind === null ? null : { place, kind, number: null, isNonfatal: false }
}

function switchLine(text: string): GpuLogEvent | null {
  const match = /^nvidia-nvswitch\d{1,3}: SXid \(PCI:([0-9a-f:]{7,13}\.[0-7])\): (\d{1,6}), (Non-fatal|Fatal)/i.exec(
    text,
  )
  const place = match === null ? null : placeOf(match[1] as string)
  if (match === null || place === null) return null
  return { place, kind: 'switch-error', number: Number(match[2]), isNonfatal: match[3] !== 'Fatal' }
}

function amdKind(said: string): GpuLogKind | null {
  if (/\b[1-9]\d{0,15} (new )?uncorrectable hardware errors detected/.test(said)) return 'uncorrected'
  if (/^RAS records:\d+ exceed threshold/.test(said)) return 'bad-pages-exceeded'
  if (/^device lost from bus/.test(said)) return 'off-the-bus'
  if (/^GPU reset\(\d+\) failed|^GPU Recovery Failed/i.test(said)) return 'reset-failed'
  if (/^GPU reset begin/.test(said)) return 'reset'
  return /^ring \S{1,40} timeout/.test(said) ? 'hang' : null
}

function intelKind(said: string): GpuLogKind | null {
  if (/declar(ed|ing) .{0,40}wedged/.test(said)) return 'wedged'
  return /^GPU HANG: /.test(said) || /^Engine reset: /.test(said) ? 'hang' : null
}

function placeOf(address: string): string | null {
  const normal = normalisePciAddress(address)
  return normal === null ? null : withoutFunction(normal)
}
