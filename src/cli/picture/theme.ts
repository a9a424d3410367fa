// How the picture looks: one font, few colours, each with one meaning.

import type { Severity } from '../../model/conditions.ts'

export type Paint = { readonly fill: string; readonly stroke: string; readonly strokeWidth?: number }

export const theme = {
  font: "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace",
  /** Of the font's size; nearly the same for all fonts above. */
  letterWidth: 0.602,
  size: 11,
  small: 9.5,
  large: 19,
  padding: 11,
  gap: 9,
  paper: '#f4f6f8',
  ink: '#1d2733',
  faded: '#5f6b78',
  good: '#2f8f4e',
} as const

export const paints = {
  group: { fill: '#eef1f4', stroke: '#c3cad2' },
  package: { fill: '#ffffff', stroke: '#b4bfca' },
  node: { fill: '#f2f6fa', stroke: '#cbd7e3' },
  memoryNode: { fill: '#fdf6e3', stroke: '#e3cf94' },
  gpuMemoryNode: { fill: '#eff6e6', stroke: '#bcd79a' },
  cache: { fill: '#e2eaf3', stroke: '#c2d0e0' },
  innerCache: { fill: '#d3dfec', stroke: '#b3c5d9' },
  plain: { fill: '#ffffff', stroke: '#d3dae1' },
} as const satisfies Record<string, Paint>

/** Cores: of one kind, the fast and the slow ones, kept apart by the operator, and out of reach. */
export const coreColors = {
  only: '#4f7cac',
  performance: '#3566a5',
  efficiency: '#3f9b84',
  isolated: '#8a63b5',
  notAllowed: '#a3aeb9',
} as const

export const deviceColors = {
  gpu: '#5f9e1b',
  accelerator: '#1f8a99',
  nic: '#7a5cc0',
  fabric: '#b0508f',
  disk: '#8d6e63',
  volume: '#bf9c88',
  other: '#8b97a3',
  module: '#3d8ea8',
} as const

export type DeviceType = keyof typeof deviceColors

/** What the legend says of them. */
export const deviceNames: Readonly<Record<DeviceType, string>> = {
  gpu: 'GPU',
  accelerator: 'accelerator',
  nic: 'network port',
  fabric: 'fabric port',
  disk: 'drive',
  volume: 'volume',
  other: 'other PCI',
  module: 'memory module',
}

export const severityColors: Readonly<Record<Severity, string>> = {
  critical: '#cf2a2a',
  warning: '#c8760a',
  info: '#3a78c3',
}

export const severityPaper: Readonly<Record<Severity, string>> = {
  critical: '#fdecec',
  warning: '#fdf3e2',
  info: '#ebf3fc',
}

/** Of links between GPUs, best first, with what they say. */
export const linkKinds: Readonly<
  Record<string, { readonly color: string; readonly label: string; readonly says: string }>
> = {
  nvlink: { color: '#3f8f1f', label: 'NV', says: 'NVLink' },
  xgmi: { color: '#3f8f1f', label: 'XGMI', says: 'XGMI' },
  pix: { color: '#93c464', label: 'PIX', says: 'one PCIe switch' },
  pxb: { color: '#cddb94', label: 'PXB', says: 'several switches' },
  phb: { color: '#efe0a2', label: 'PHB', says: 'a host bridge' },
  node: { color: '#f3dcb0', label: 'NODE', says: 'one NUMA node' },
  sys: { color: '#efd9d2', label: 'SYS', says: 'between NUMA nodes' },
}
