// Advanced error reporting of PCI Express: the counters that the kernel keeps of each function, and its lines in the log.

import { absent, known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'
import { normalisePciAddress } from './pci.ts'

/**
 * The total of `aer_dev_correctable`, `aer_dev_nonfatal` or `aer_dev_fatal`: lines `name count`, the last one
 * `TOTAL_ERR_COR 3`. Absent where a kernel gives no total.
 */
export function parseAerTotal(text: string): Reading<number> {
  const match = /^TOTAL_ERR_(?:COR|NONFATAL|FATAL) (\d{1,15})$/m.exec(text)
  if (match !== null) return known(Number(match[1]))
  return /TOTAL_ERR/.test(text) ? implausible(text, 'not a total of errors') : absent
}

export type AerEvent = { readonly address: string; readonly severity: 'fatal' | 'non-fatal' }

/** `mlx5_core 0000:17:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=…`; null for corrected and other lines. */
export function parseAerLine(text: string): AerEvent | null {
  if (!text.includes('PCIe Bus Error')) return null
  const match =
    /\b([0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]): (?:AER: )?PCIe Bus Error: severity=Uncorrect(?:ed|able) \((Fatal|Non-Fatal)\)/.exec(
      text.slice(0, 400),
    )
  const address = normalisePciAddress(match?.[1] ?? '')
  return address === null ? null : { address, severity: match?.[2] === 'Fatal' ? 'fatal' : 'non-fatal' }
}
