// PCI Express: links below their ability and error counters.
// It says what it sees at one look; what that means over time is the tracker's.
// Only the width of a link is judged. Its speed drops by itself while GPUs, drives and cards have nothing to do, and nothing
// that can be read says whether one does so; the document tells the speed.

import type { PciDevice } from '../../model/inventory.ts'
import { parseAerLine, parseAerTotal } from '../parse/pci-aer.ts'
import { pciRef } from '../parts.ts'
import { countSinceBoot, type HealthBench } from './bench.ts'

const pciRoot = '/sys/bus/pci/devices'

/** Corrected errors are what a link is built to survive; fewer between two looks are not worth a word. */
const correctedGrowthMin = 10

export function lookAtPci(bench: HealthBench): void {
  lookAtLinks(bench)
  lookAtCounters(bench)
  lookAtLog(bench)
}

/** All functions below a port share its link: it is told at the first of them. */
function lookAtLinks({ inventory, findings }: HealthBench): void {
  const told = new Set<string>()
  for (const { address, parent, link } of inventory.pci) {
    if (link === null || link.widthLanes === null || link.widthMaxLanes === null) continue
    if (link.widthLanes >= link.widthMaxLanes || told.has(parent ?? address)) continue
    told.add(parent ?? address)
    const text = `${link.widthLanes} lanes of ${link.widthMaxLanes} that both ends have`
    findings.symptom('PCIE_LINK_DEGRADED', pciRef(address), {
      source: `${pciRoot}/${address}/current_link_width`,
      text,
    })
  }
}

/**
 * Counts since the kernel started. Errors while it finds its devices are ordinary, so it is growth that tells. A function
 * has all three files or none.
 */
function lookAtCounters(bench: HealthBench): void {
  const { source, inventory, findings } = bench
  const express = inventory.pci.filter(mayCount)
  if (express.length === 0) return
  let counting = 0
  for (const { address } of express) {
    const folder = `${pciRoot}/${address}`
    const count = (kind: 'correctable' | 'nonfatal' | 'fatal'): boolean => {
      const path = `${folder}/aer_dev_${kind}`
      const text = source.readText(path)
      const total = text.kind === 'known' ? parseAerTotal(text.value) : text
      if (text.kind !== 'known' || total.kind !== 'known') return false
      const isCorrected = kind === 'correctable'
      countSinceBoot(bench, {
        code: isCorrected ? 'PCIE_CORRECTED_ERRORS' : 'PCIE_ERRORS',
        part: pciRef(address),
        source: path,
        text: isCorrected ? 'corrected errors' : `${kind} errors`,
        value: total.value,
        growthMin: isCorrected ? correctedGrowthMin : 1,
      })
      return true
    }
    if (!count('correctable')) continue
    counting++
    count('nonfatal')
    count('fatal')
  }
  if (counting > 0) return
  const message = 'the kernel counts no errors of PCI Express: it has no AER, or the firmware keeps it to itself'
  findings.unchecked('errors of PCI Express links', null, 'HW_UNKNOWN', message)
}

/** What has a link, and the ports above it; the other functions of a processor count nothing. */
function mayCount({ link, isBridge, root }: PciDevice): boolean {
  return link !== null || (isBridge && root !== null)
}

function lookAtLog({ kernelLog, findings, ageMs }: HealthBench): void {
  for (const line of kernelLog ?? []) {
    const event = parseAerLine(line.text)
    if (event === null) continue
    findings.symptom('PCIE_ERRORS', pciRef(event.address), { source: 'dmesg', text: line.text }, ageMs(line))
  }
}
