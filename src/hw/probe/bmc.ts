// The board's management controller: what the kernel's IPMI driver has read of it, and what only it can tell. Asking it
// takes long (a slow bus), so a tool runs only where its device is there, for facts that no file has.

import type { Bmc } from '../../model/inventory.ts'
import { known, type Reading } from '../../model/reading.ts'
import { parseIpmiInfo, parseIpmiLan } from '../parse/bmc.ts'
import { cleanText } from '../parse/numbers.ts'
import { refusal } from '../source/answers.ts'
import { type Bench, listNames, readFact, settle } from './report.ts'

/** Slow controllers take seconds; a hung one takes for ever. */
const timeoutMs = 5000

/** Its firmware and address change when a person changes them. */
const maxAgeMs = 3_600_000

/** `ipmiVersion` is what SMBIOS says of the interface; null without one. */
export function probeBmc(bench: Bench, ipmiVersion: string | null): Bmc | null {
  const folder = '/sys/devices/platform'
  const name = listNames(bench, folder).find((one) => /^ipmi_bmc\.\d+$/.test(one))
  const isThere = bench.source.exists('/dev/ipmi0')
  if (name === undefined && !isThere && ipmiVersion === null) return null
  const fact = (file: string) =>
    name === undefined ? null : readFact(bench, `${folder}/${name}/${file}`, (text) => parseWord(text))
  const version = fact('firmware_revision')
  const info = version === null && isThere ? ask(bench, ['ipmitool', 'mc', 'info'], parseIpmiInfo, 'version') : null
  const lan = isThere ? ask(bench, ['ipmitool', 'lan', 'print'], parseIpmiLan, 'address') : null
  return {
    version: version ?? info?.version ?? null,
    ipmiVersion: fact('ipmi_version') ?? info?.ipmiVersion ?? ipmiVersion,
    manufacturerId: fact('manufacturer_id') ?? info?.manufacturerId ?? null,
    address: lan?.address ?? null,
    mac: lan?.mac ?? null,
  }
}

function ask<T>(bench: Bench, argv: readonly string[], parse: (text: string) => Reading<T>, fact: string): T | null {
  const facts = [`machine.bmc.${fact}`]
  const done = bench.source.run(argv, { timeoutMs, maxAgeMs })
  // One of many questions to the controller that failed is an exit code, too.
  if (done.ok && done.value.stdout.trim() !== '') {
    return settle(bench.report, parse(done.value.stdout), argv.join(' '), facts)
  }
  const { code, message } = done.ok ? refusal(argv, done.value) : done.fault
  bench.report.add({ code, where: 'ipmitool', message }, facts)
  return null
}

function parseWord(text: string): Reading<string> {
  const word = cleanText(text)
  return word === '' || /^(0x0+|0\.0)$/.test(word) ? { kind: 'absent' } : known(word)
}
