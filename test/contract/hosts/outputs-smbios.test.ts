// SMBIOS of real machines: tables beside their decoding by another program, and what dmidecode printed of others, put
// back into tables. Every field that the document has is compared with the text.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseSmbios, type Smbios } from '../../../src/hw/parse/smbios.ts'
import { encodeTable, memoryCodes, printedMebibytes, printedStructures } from '../../support/smbios-encoder.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given/smbios', import.meta.url))

if (!existsSync(folder)) {
  it('recorded SMBIOS tables are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const recorded = (pattern: string) => globSync(pattern, { cwd: folder }).sort()
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')

  describe('a table says what another program reads from it', () => {
    it.each(recorded('go-smbios/*.dmi'))('%s', (path) => {
      const decoded = JSON.parse(read(path.replace('.dmi', '.json'))) as Decoded
      const { Major: major, Minor: minor } = decoded.Version
      const smbios = known(parseSmbios(readFileSync(join(folder, path)), { major, minor }))
      const { BIOSInformation: bios, SystemInformation: system, BaseboardInformation: board } = decoded
      agree(smbios.bios?.vendor, bios.Vendor)
      agree(smbios.bios?.version, bios.Version)
      agree(smbios.bios?.date, bios.ReleaseDate)
      agree(smbios.system?.vendor, system.Manufacturer)
      agree(smbios.system?.product, system.ProductName)
      agree(smbios.system?.serial, system.SerialNumber)
      agree(smbios.system?.sku, system.SKUNumber)
      expect(smbios.system?.uuid).toBe(system.UUID)
      agree(smbios.board?.vendor, board.Manufacturer)
      agree(smbios.board?.product, board.Product)
      agree(smbios.board?.version, board.Version)
      agree(smbios.board?.serial, board.SerialNumber)
      agree(smbios.chassis?.serial, decoded.SystemEnclosure.SerialNumber)
      const sockets = (decoded.ProcessorInformation ?? []).filter((one) => (one.Status & 0x40) !== 0)
      expect(smbios.processors).toHaveLength(sockets.length)
      for (const [i, one] of sockets.entries()) agree(smbios.processors[i]?.model, one.ProcessorVersion)
      const filled = (decoded.MemoryDevices ?? []).filter((one) => one.Size > 0 && one.MemoryType !== 9)
      expect(smbios.dimms).toHaveLength(filled.length)
      filled.forEach((one, i) => {
        const dimm = smbios.dimms[i]
        const mebibytes = one.Size === 0x7fff ? one.ExtendedSize : one.Size
        expect(dimm?.sizeBytes).toBe(mebibytes * 1024 * 1024)
        const isKnown = one.TotalWidth > 0 && one.TotalWidth < 0xffff && one.DataWidth > 0 && one.DataWidth < 0xffff
        expect(dimm?.isEcc).toBe(isKnown ? one.TotalWidth > one.DataWidth : null)
        expect(dimm?.speedMtps).toBe(one.Speed || null)
        expect(dimm?.configuredMtps).toBe(one.ConfiguredMemorySpeed || null)
        agree(dimm?.locator, one.DeviceLocator)
        agree(dimm?.bank, one.BankLocator)
        agree(dimm?.manufacturer, one.Manufacturer)
        agree(dimm?.part, one.PartNumber)
        agree(dimm?.serial, one.SerialNumber)
      })
    })
  })

  describe('a table says what dmidecode printed of it', () => {
    it.each(recorded('{DMI,gpud,insights-core}/*'))('%s', (path) => {
      const printed = printedStructures(read(path))
      expect(printed.length).toBeGreaterThan(0)
      const smbios = known(parseSmbios(encodeTable(printed)))
      const first = (type: number) => printed.find((one) => one.type === type)?.facts ?? {}
      agree(smbios.bios?.version, first(0).Version)
      agree(smbios.bios?.date, first(0)['Release Date'])
      expect(smbios.bios?.release ?? null).toBe(first(0)['BIOS Revision'] ?? null)
      agree(smbios.system?.vendor, first(1).Manufacturer)
      agree(smbios.system?.product, first(1)['Product Name'])
      agree(smbios.system?.serial, first(1)['Serial Number'])
      agree(smbios.board?.product, first(2)['Product Name'])
      agree(smbios.board?.serial, first(2)['Serial Number'])
      const chassis = first(3).Type
      if (chassis !== undefined && !/^(Other|Unknown)$/.test(chassis)) expect(smbios.chassis?.type).toBe(chassis)
      expect(smbios.ipmiVersion).toBe(first(38)['Specification Version'] ?? null)
      const modules = printed.filter((one) => one.type === 17 && printedMebibytes(one.facts.Size ?? '') !== null)
      expect(smbios.dimms).toHaveLength(modules.length)
      modules.forEach(({ facts }, i) => {
        const dimm = smbios.dimms[i]
        expect(dimm?.sizeBytes).toBe((printedMebibytes(facts.Size ?? '') ?? 0) * 1024 * 1024)
        const [lines, bits] = [facts['Total Width'], facts['Data Width']].map((text) => Number.parseInt(text ?? '', 10))
        expect(dimm?.isEcc).toBe((lines as number) > (bits as number))
        expect(dimm?.speedMtps).toBe(printedSpeed(facts.Speed))
        expect(dimm?.configuredMtps).toBe(
          printedSpeed(facts['Configured Memory Speed'] ?? facts['Configured Clock Speed']),
        )
        expect(dimm?.type).toBe(printedType(facts.Type ?? ''))
        agree(dimm?.locator, facts.Locator)
        agree(dimm?.bank, facts['Bank Locator'])
        agree(dimm?.manufacturer, facts.Manufacturer)
        agree(dimm?.part, facts['Part Number'])
        agree(dimm?.serial, facts['Serial Number'])
      })
    })
  })
}

/** Null for what names no type; dmidecode printed DDR5 as out of its specification for a while. */
function printedType(text: string): string | null {
  if (/^(Other|Unknown|<OUT OF SPEC>)$/.test(text)) return null
  expect(Object.keys(memoryCodes)).toContain(text)
  return text === 'Logical non-volatile device' ? 'NVDIMM' : text
}

/** Ours is the text, or nothing where the text is a filler that a person would call one. */
function agree(ours: string | null | undefined, text: string | undefined): void {
  const said = (text ?? '').trim().replace(/\s+/g, ' ')
  const filler =
    /^(|-+|0+|1234567890\.?|0123456789|none|unknown|no dimm|not specified|default string|to be filled by o\.e\.m\.|\.+|n\/?a|asset.*tag.*|sku=notprovided.*|system (version|manufacturer|product name|serial number)|chassis .*|base board .*)$/i
  expect(ours ?? null).toBe(filler.test(said) ? null : said)
}

function printedSpeed(text: string | undefined): number | null {
  const match = /^(\d+) (MT\/s|MHz)$/.exec(text ?? '')
  return match === null ? null : Number(match[1])
}

function known(reading: ReturnType<typeof parseSmbios>): Smbios {
  if (reading.kind !== 'known') throw new Error(reading.kind)
  return reading.value
}

type Decoded = {
  readonly Version: { readonly Major: number; readonly Minor: number }
  readonly BIOSInformation: { readonly Vendor: string; readonly Version: string; readonly ReleaseDate: string }
  readonly SystemInformation: Readonly<
    Record<'Manufacturer' | 'ProductName' | 'SerialNumber' | 'SKUNumber' | 'UUID', string>
  >
  readonly BaseboardInformation: Readonly<Record<'Manufacturer' | 'Product' | 'Version' | 'SerialNumber', string>>
  readonly SystemEnclosure: { readonly SerialNumber: string }
  readonly ProcessorInformation: readonly { readonly ProcessorVersion: string; readonly Status: number }[] | null
  readonly MemoryDevices:
    | readonly {
        readonly Size: number
        readonly ExtendedSize: number
        readonly TotalWidth: number
        readonly DataWidth: number
        readonly MemoryType: number
        readonly Speed: number
        readonly ConfiguredMemorySpeed: number
        readonly DeviceLocator: string
        readonly BankLocator: string
        readonly Manufacturer: string
        readonly PartNumber: string
        readonly SerialNumber: string
      }[]
    | null
}
