// Names of ARM cores: arm64 kernels print implementer and part numbers and no name. The numbers are those of the
// register MIDR_EL1 (Arm Architecture Reference Manual; arch/arm64/include/asm/cputype.h). Only server and common
// cores are here; a core that is missing stays unnamed.

const parts: Readonly<Record<string, string>> = {
  '41:d03': 'Cortex-A53',
  '41:d07': 'Cortex-A57',
  '41:d08': 'Cortex-A72',
  '41:d0b': 'Cortex-A76',
  '41:d0c': 'Neoverse-N1',
  '41:d40': 'Neoverse-V1',
  '41:d46': 'Cortex-A510',
  '41:d47': 'Cortex-A710',
  '41:d48': 'Cortex-X2',
  '41:d49': 'Neoverse-N2',
  '41:d4d': 'Cortex-A715',
  '41:d4e': 'Cortex-X3',
  '41:d4f': 'Neoverse-V2',
  '41:d84': 'Neoverse-V3',
  '41:d85': 'Cortex-X925',
  '41:d87': 'Cortex-A725',
  '41:d8e': 'Neoverse-N3',
  '43:0af': 'ThunderX2',
  '48:d01': 'Kunpeng-920',
  '50:000': 'X-Gene',
  '70:662': 'FTC662',
  '70:663': 'FTC663',
  'c0:ac3': 'Ampere-1',
  'c0:ac4': 'Ampere-1a',
}

/** `0x41`, `0xd0c` is Neoverse-N1; null for a core without a name here. */
export function armPartName(implementer: string, part: string): string | null {
  const maker = implementer.replace(/^0x/, '').toLowerCase()
  const number = part.replace(/^0x/, '').toLowerCase().padStart(3, '0')
  return parts[`${maker}:${number}`] ?? null
}
