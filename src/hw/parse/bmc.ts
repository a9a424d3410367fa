// What ipmitool says of the management controller itself: `mc info` and `lan print`.

import type { Bmc } from '../../model/inventory.ts'
import { known, type Reading } from '../../model/reading.ts'
import { parseColonPairs } from './key-values.ts'
import { parseMac } from './mac.ts'
import { implausible } from './numbers.ts'

export type BmcAddress = Pick<Bmc, 'address' | 'mac'>

/** `ipmitool lan print`: a BMC without an address says 0.0.0.0. */
export function parseIpmiLan(stdout: string): Reading<BmcAddress> {
  const facts = parseColonPairs(stdout)
  const ip = facts.get('IP Address')
  const mac = parseMac(facts.get('MAC Address') ?? '')
  if (ip === undefined && mac.kind !== 'known') return implausible(stdout, 'no address of a management controller')
  return known({ address: ip !== undefined && isAddress(ip) ? ip : null, mac: mac.kind === 'known' ? mac.value : null })
}

function isAddress(text: string): boolean {
  const parts = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ? text.split('.').map(Number) : []
  return parts.length === 4 && parts.every((part) => part <= 255) && parts.some((part) => part > 0)
}

export type BmcVersions = Pick<Bmc, 'version' | 'ipmiVersion' | 'manufacturerId'>

/** `ipmitool mc info`. The manufacturer's number in the form of the kernel's file: six hexadecimal digits. */
export function parseIpmiInfo(stdout: string): Reading<BmcVersions> {
  const facts = parseColonPairs(stdout)
  const version = facts.get('Firmware Revision') ?? null
  if (version === null || !/^\d{1,3}\.\w{1,8}$/.test(version)) return implausible(stdout, 'no firmware revision')
  const maker = facts.get('Manufacturer ID') ?? ''
  return known({
    version,
    ipmiVersion: facts.get('IPMI Version') ?? null,
    manufacturerId: /^\d{1,8}$/.test(maker) ? `0x${Number(maker).toString(16).padStart(6, '0')}` : null,
  })
}
