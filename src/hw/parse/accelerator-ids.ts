// Which PCI functions compute without being GPUs, by the ids that their makers gave them. Classes say little here: the
// same one is used for crypto engines, coprocessor cards and system parts. It knows no driver.

export type AcceleratorKind = 'ai' | 'npu' | 'qat' | 'dsa' | 'iaa' | 'fpga' | 'vector' | 'coprocessor' | 'processing'

/** `vendor:device` -> what it is and what its maker calls it. */
const known: Readonly<Record<string, readonly [AcceleratorKind, string]>> = {
  '1da3:0001': ['ai', 'Goya'],
  '1da3:1000': ['ai', 'Gaudi'],
  '1da3:1010': ['ai', 'Gaudi'],
  '1da3:1020': ['ai', 'Gaudi2'],
  '1da3:1060': ['ai', 'Gaudi3'],
  '17cb:a100': ['ai', 'Cloud AI 100'],
  '1d0f:7064': ['ai', 'Inferentia'],
  '1d0f:7164': ['ai', 'Trainium'],
  '1d0f:7264': ['ai', 'Inferentia2'],
  '1d0f:7364': ['ai', 'Trainium2'],
  '1e52:401e': ['ai', 'Wormhole'],
  '1e52:b140': ['ai', 'Blackhole'],
  '1e60:2864': ['ai', 'Hailo-8'],
  '8086:7d1d': ['npu', 'Meteor Lake NPU'],
  '8086:643e': ['npu', 'Lunar Lake NPU'],
  '8086:ad1d': ['npu', 'Arrow Lake NPU'],
  '1022:1502': ['npu', 'XDNA'],
  '1022:17f0': ['npu', 'XDNA'],
  '8086:0435': ['qat', 'DH895XCC'],
  '8086:37c8': ['qat', 'C62x'],
  '8086:19e2': ['qat', 'C3xxx'],
  '8086:6f54': ['qat', 'D15xx'],
  '8086:4940': ['qat', '4xxx'],
  '8086:4942': ['qat', '401xx'],
  '8086:4944': ['qat', '402xx'],
  '8086:4946': ['qat', '420xx'],
  '8086:0b25': ['dsa', 'Data Streaming Accelerator'],
  '8086:0cfe': ['iaa', 'In-Memory Analytics Accelerator'],
  '1bcf:001c': ['vector', 'SX-Aurora Vector Engine'],
  '8086:2250': ['coprocessor', 'Xeon Phi 5100'],
  '8086:225c': ['coprocessor', 'Xeon Phi SE10/7120'],
  '8086:225d': ['coprocessor', 'Xeon Phi 3120'],
  '8086:225e': ['coprocessor', 'Xeon Phi 31S1'],
}

const drivers: Readonly<Record<string, AcceleratorKind>> = {
  habanalabs: 'ai',
  qaic: 'ai',
  neuron: 'ai',
  tenstorrent: 'ai',
  hailo: 'ai',
  intel_vpu: 'npu',
  amdxdna: 'npu',
  dh895xcc: 'qat',
  c3xxx: 'qat',
  c6xx: 'qat',
  '4xxx': 'qat',
  '420xx': 'qat',
  xclmgmt: 'fpga',
  xocl: 'fpga',
  'dfl-pci': 'fpga',
  ve_drv: 'vector',
}

const vendors: Readonly<Record<string, string>> = {
  '8086': 'intel',
  '1002': 'amd',
  '1022': 'amd',
  '10de': 'nvidia',
  '10ee': 'xilinx',
  '1172': 'altera',
  '1da3': 'habana',
  '1bcf': 'nec',
  '17cb': 'qualcomm',
  '1d0f': 'amazon',
  '1e52': 'tenstorrent',
  '1e60': 'hailo',
  '1ae0': 'google',
}

export type AcceleratorName = {
  readonly kind: AcceleratorKind
  readonly vendor: string | null
  readonly model: string | null
}

/**
 * What computes: by id, then by driver, then by the classes of processing accelerators (12) and coprocessors (0b40). Null
 * for anything else. Ids are four lower-case digits, the class six.
 */
export function acceleratorName(ids: {
  readonly class: string
  readonly vendorId: string | null
  readonly deviceId: string | null
  readonly driver: string | null
}): AcceleratorName | null {
  const vendor = vendors[ids.vendorId ?? ''] ?? null
  const [kind, model] = known[`${ids.vendorId}:${ids.deviceId}`] ?? []
  if (kind !== undefined && model !== undefined) return { kind, vendor, model }
  const byDriver = drivers[ids.driver ?? '']
  if (byDriver !== undefined) return { kind: byDriver, vendor, model: null }
  const byClass = kindOfClass(ids.class, vendor)
  return byClass === null ? null : { kind: byClass, vendor, model: null }
}

function kindOfClass(kind: string, vendor: string | null): AcceleratorKind | null {
  if (kind.startsWith('12')) return vendor === 'xilinx' || vendor === 'altera' ? 'fpga' : 'processing'
  return kind.startsWith('0b40') ? 'coprocessor' : null
}
