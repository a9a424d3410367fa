// Every parser on texts that no kernel would print: cut, flipped, empty, huge. It answers; it never throws.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAmdgpuIds } from '../../../../src/hw/parse/amdgpu-ids.ts'
import { parseIpmiInfo, parseIpmiLan } from '../../../../src/hw/parse/bmc.ts'
import { parseChronyTracking, parseNtpPeers, parseTimedatectl } from '../../../../src/hw/parse/clock.ts'
import { parseCpuinfo } from '../../../../src/hw/parse/cpuinfo.ts'
import { parseDmiString, parseDmiUuid } from '../../../../src/hw/parse/dmi.ts'
import {
  parseEthtoolFirmware,
  parseEthtoolPermanentAddress,
  parseEthtoolSpeedsMax,
} from '../../../../src/hw/parse/ethtool.ts'
import { parseGpuLogLine } from '../../../../src/hw/parse/gpu-log.ts'
import {
  parseFcSpeed,
  parseGuid,
  parseIbRate,
  parseIbState,
  parsePortCounter,
  parseWwn,
} from '../../../../src/hw/parse/infiniband.ts'
import { parseInterruptRow } from '../../../../src/hw/parse/interrupts.ts'
import { parseIpmiSensors } from '../../../../src/hw/parse/ipmi-sdr.ts'
import { parseAssignments, parseColonPairs, parseSpacePairs } from '../../../../src/hw/parse/key-values.ts'
import { parseAmdUniqueId, parseKfdBank, parseKfdNode } from '../../../../src/hw/parse/kfd.ts'
import { parseLldpNeighbours } from '../../../../src/hw/parse/lldp.ts'
import { parseMac } from '../../../../src/hw/parse/mac.ts'
import { parseFirmwareLine, parseHardwareErrorLine } from '../../../../src/hw/parse/machine-check.ts'
import {
  parseCacheSize,
  parseDistances,
  parseHardwareCorrupted,
  parseHugepageSize,
  parseMemTotal,
} from '../../../../src/hw/parse/memory-files.ts'
import { parseHex, parseInteger, parseList, parseMask } from '../../../../src/hw/parse/numbers.ts'
import {
  parseComputeCapabilities,
  parseLostGpus,
  parseMigDevices,
  parseNvlinkErrors,
  parseNvlinkStates,
} from '../../../../src/hw/parse/nvidia-lists.ts'
import {
  parseNvidiaInformation,
  parseNvidiaNumaStatus,
  parseNvidiaVersion,
} from '../../../../src/hw/parse/nvidia-proc.ts'
import { parseNvidiaSize, parseNvidiaSmi } from '../../../../src/hw/parse/nvidia-smi.ts'
import { parseNvidiaTopo } from '../../../../src/hw/parse/nvidia-topo.ts'
import { normalisePciAddress, pciAddressInPath } from '../../../../src/hw/parse/pci.ts'
import { parseAerLine, parseAerTotal } from '../../../../src/hw/parse/pci-aer.ts'
import {
  parseConfigRevision,
  parseLinkSpeed,
  parseLinkWidth,
  parsePciClass,
  parsePciModalias,
  parsePciUevent,
  parseSlotAddress,
} from '../../../../src/hw/parse/pci-function.ts'
import {
  parseAllowed,
  parseCgroupPaths,
  parseCpusetMounts,
  parseCpusetPath,
} from '../../../../src/hw/parse/process-files.ts'
import { parseRocmSmi } from '../../../../src/hw/parse/rocm-smi.ts'
import { parseSmbios, parseSmbiosEntryPoint } from '../../../../src/hw/parse/smbios.ts'
import { parseSysinfo } from '../../../../src/hw/parse/sysinfo.ts'
import { parseVpdSerial } from '../../../../src/hw/parse/vpd.ts'
import { parseXml } from '../../../../src/hw/parse/xml.ts'
import type { Reading } from '../../../../src/model/reading.ts'

/** Each parser with a text that it likes, from which bad ones are made. */
const readers: readonly [string, (text: string) => Reading<unknown>, string][] = [
  ['parseInteger', parseInteger, '-12\n'],
  ['parseHex', parseHex, '0x030200\n'],
  ['parseList', parseList, '0-3,8,10-20:2/4\n\0'],
  ['parseMask', parseMask, 'ff,00000000,ffffffff'],
  ['parseCpuinfo', parseCpuinfo, 'processor : 0\nmodel name : X\nflags : lm\n\nprocessor : 1\n'],
  ['parseMemTotal', parseMemTotal, 'Node 0 MemTotal:  2096684 kB\n'],
  ['parseHardwareCorrupted', parseHardwareCorrupted, 'HardwareCorrupted:     0 kB\n'],
  ['parseInterruptRow', (text) => parseInterruptRow(text, 'MCE'), ' MCE:   1   2   Machine check exceptions\n'],
  ['parseCacheSize', parseCacheSize, '1024K\n'],
  ['parseHugepageSize', parseHugepageSize, 'hugepages-2048kB'],
  ['parseDistances', parseDistances, '10 20 20 28\n'],
  ['parseDmiString', parseDmiString, 'To Be Filled By O.E.M.'],
  ['parseDmiUuid', parseDmiUuid, 'b26849ef-4fb0-4e03-a9d1-1a165a40c8d7'],
  ['parseAllowed', parseAllowed, 'Cpus_allowed_list:\t0-3\nMems_allowed_list:\t0\n'],
  ['parseCpusetPath', parseCpusetPath, '/a/b\n'],
  ['parseKfdNode', parseKfdNode, 'simd_count 152\nlocation_id 1280\ndomain 0\nunique_id 164049466498974\n'],
  ['parseAmdUniqueId', parseAmdUniqueId, '2f048617326b1ea\n'],
  ['parseKfdBank', parseKfdBank, 'size_in_bytes 34342961152\n'],
  ['parseNvidiaNumaStatus', parseNvidiaNumaStatus, 'Node: \t255\n'],
  ['parseNvidiaSize', parseNvidiaSize, '81559 MiB'],
  ['parseNvidiaTopo', parseNvidiaTopo, '\tGPU0\tGPU1\tCPU Affinity\nGPU0\t X \tNV18\t0-3\nGPU1\tNV18\t X \t0-3\n'],
  [
    'parseChronyTracking',
    parseChronyTracking,
    'C0A80001,ntp1,3,1700000000.1,0.0,0.0,0.0,-12.3,0,0.05,0,0,64.2,Normal\n',
  ],
  ['parseTimedatectl', parseTimedatectl, 'NTPSynchronized=yes\n'],
  ['parseNtpPeers', parseNtpPeers, 'remote refid\n====================\n*10.0.0.1 .GPS. 1 u 30 64 377 0.1 0.0 0.0\n'],
  ['parseIpmiSensors', parseIpmiSensors, 'Fan1 | 30h | ok  |  7.1 | 5040 RPM\nPlanar 5V | 4.90 Volts | ok\n'],
  ['parseAerTotal', parseAerTotal, 'RxErr 0\nBadTLP 3\nTOTAL_ERR_COR 3\n'],
  ['parsePciUevent', parsePciUevent, 'DRIVER=nvme\nPCI_CLASS=10802\nPCI_ID=C0A9:540A\nPCI_SUBSYS_ID=C0A9:5021\n'],
  ['parsePciModalias', parsePciModalias, 'pci:v00001AF4d00001045sv00001AF4sd00001045bcFFsc00i01\n'],
  ['parsePciClass', parsePciClass, '0x030200\n'],
  ['parseLinkSpeed', parseLinkSpeed, '16.0 GT/s PCIe\n'],
  ['parseLinkWidth', parseLinkWidth, '16\n'],
  ['parseSlotAddress', parseSlotAddress, '0000:82:00\n'],
  ['parseMac', parseMac, 'b8:59:9f:00:00:01\n'],
  ['parseEthtoolFirmware', parseEthtoolFirmware, 'driver: igb\nfirmware-version: 1.63, 0x800009fa\n'],
  ['parseEthtoolPermanentAddress', parseEthtoolPermanentAddress, 'Permanent address: b8:59:9f:00:00:01\n'],
  [
    'parseLldpNeighbours',
    parseLldpNeighbours,
    '{"lldp":[{"interface":[{"name":"eth0","port":[{"id":[{"value":"g1"}]}]}]}]}',
  ],
  ['parseIbState', parseIbState, '4: ACTIVE\n'],
  ['parseIbRate', parseIbRate, '400 Gb/sec (4X NDR)\n'],
  ['parseGuid', parseGuid, '248a:0703:00aa:1234\n'],
  ['parseFcSpeed', parseFcSpeed, '16 Gbit\n'],
  ['parseWwn', parseWwn, '0x500143802426baf4\n'],
  ['parsePortCounter', parsePortCounter, '0x2a\n'],
  ['parseIpmiInfo', parseIpmiInfo, 'Firmware Revision : 6.10\nIPMI Version : 2.0\nManufacturer ID : 674\n'],
  ['parseIpmiLan', parseIpmiLan, 'IP Address : 10.1.2.3\nMAC Address : d0:94:66:00:00:01\n'],
  [
    'parseSysinfo',
    parseSysinfo,
    'Type: 2964\nSequence Code: 00000000000829E7\nVM00 Name: a\nVM00 Control Program: z/VM\n',
  ],
  ['parseXml', parseXml, '<a><b id="1">x &amp; y</b><c/></a>'],
  ['parseRocmSmi', parseRocmSmi, '{"card0": {"PCI Bus": "0000:07:00.0", "Card Series": "Navi 22"}}'],
  [
    'parseNvidiaVersion',
    parseNvidiaVersion,
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.54.03  Tue Jun  6 2023\n',
  ],
  ['parseNvidiaSmi', parseNvidiaSmi, '<nvidia_smi_log><gpu id="0:1:0.0"><uuid>GPU-1</uuid></gpu></nvidia_smi_log>'],
]

/** Characters of all kinds, with half surrogates, NUL and control characters. */
function garbage(maxLength: number) {
  return fc.array(fc.nat(0xffff), { maxLength }).map((codes) => String.fromCharCode(...codes))
}

const kinds = ['known', 'absent', 'unreadable', 'implausible']

describe('a parser answers whatever it is given', () => {
  it.each(readers)('%s', (_, parse, good) => {
    const bad = fc.oneof(
      garbage(200),
      fc.nat(good.length).map((at) => good.slice(0, at)),
      fc.tuple(fc.nat(good.length), garbage(3)).map(([at, piece]) => {
        return good.slice(0, at) + piece + good.slice(at + piece.length)
      }),
      fc.nat(20).map((times) => good.repeat(times)),
    )
    fc.assert(fc.property(bad, (text) => kinds.includes(parse(text).kind)))
  })

  it.each(readers)('%s in good time on a huge text', (_, parse, good) => {
    for (const text of [good, 'x', ' ', '\n', '<', '<!--', '0', '1,', 'MemTotal:', 'a: ']) {
      expect(kinds).toContain(parse(text.repeat(Math.ceil(200_000 / text.length))).kind)
    }
  })

  it('pairs in good time on a huge text', () => {
    for (const text of [' ', '\t', ':', '=', ' :', 'a ', '"'].map((one) => one.repeat(200_000))) {
      expect([parseAssignments(text), parseColonPairs(text), parseSpacePairs(text)].map((one) => one.size)).toEqual([
        0, 0, 0,
      ])
    }
  })

  it('binary tables', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        return (
          kinds.includes(parseSmbios(bytes).kind) &&
          kinds.includes(parseSmbiosEntryPoint(bytes).kind) &&
          kinds.includes(parseVpdSerial(bytes).kind) &&
          kinds.includes(parseConfigRevision(bytes).kind)
        )
      }),
    )
  })

  it('readers of a line of the kernel log, none of whose words is an error by itself', () => {
    const lines = [
      'mce: [Hardware Error]: CPU 2: Machine Check Exception: 5 Bank 1: bd80000000100134',
      'EDAC MC0: 1 UE memory read error on DIMM_A1 (channel:0)',
      '{1}[Hardware Error]: event severity: fatal',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.nat(80), garbage(5), (line, at, piece) => {
        const bad = `${line.slice(0, at)}${piece}${line.slice(at + 1)}`
        parseFirmwareLine(bad)
        const event = parseHardwareErrorLine(bad)
        return event === null || event.cpu === null || Number.isSafeInteger(event.cpu)
      }),
    )
    for (const text of ['[Hardware Error]: CPU ', 'EDAC MC0: 1 UE ', ' on x', '{1}[Hardware Error]:', '0']) {
      expect(parseHardwareErrorLine(`EDAC MC0: 1 UE ${text.repeat(20_000)}`)?.cpu ?? null).toBeNull()
    }
  })

  it('readers of whole files', () => {
    fc.assert(
      fc.property(garbage(300), (text) => {
        parseAssignments(text)
        parseEthtoolSpeedsMax(text)
        parseColonPairs(text)
        parseSpacePairs(text)
        parseCgroupPaths(text)
        parseCpusetMounts(text)
        parseNvidiaInformation(text)
        parseAerLine(`PCIe Bus Error${text}`)
        const address = normalisePciAddress(text)
        return (address === null || normalisePciAddress(address) === address) && pciAddressInPath(text) !== ''
      }),
    )
  })

  it('lists of nvidia-smi, names of AMD and lines of GPU drivers', () => {
    const good = [
      'GPU 0: NVIDIA H100 (UUID: GPU-0a)\n  MIG 1g.10gb     Device  0: (UUID: MIG-2c)\n\t Link 0: 26.562 GB/s\n',
      'Unable to determine the device handle for GPU0: 0000:4F:00.0: GPU is lost.\n',
      '73DF,\tC1,\tAMD Radeon RX 6700 XT\n',
      'NVRM: Xid (PCI:0000:9b:00): 119, pid=1',
      'amdgpu 0000:0b:00.0: amdgpu: 2 uncorrectable hardware errors detected in umc block',
    ]
    const readAll = (text: string) => [
      parseMigDevices(text).length,
      parseNvlinkStates(text).size,
      parseNvlinkErrors(text).size,
      parseLostGpus(text).size,
      parseComputeCapabilities(text).size,
      parseAmdgpuIds(text).size,
      parseGpuLogLine(text) === null ? 0 : 1,
    ]
    const bad = fc.tuple(fc.constantFrom(...good), fc.nat(120), garbage(3), fc.nat(10))
    fc.assert(
      fc.property(bad, ([text, at, piece, times]) => {
        const broken = (text.slice(0, at) + piece + text.slice(at)).repeat(times)
        return readAll(broken).every((count) => count <= times * 2)
      }),
    )
    for (const text of [...good, ' ', '\t', 'amdgpu ', 'NVRM: GPU ', '(UUID: ']) {
      expect(readAll(text.repeat(Math.ceil(200_000 / text.length)))).toHaveLength(7)
    }
  })
})
