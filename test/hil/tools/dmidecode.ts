// dmidecode beside the probe: what the firmware's tables say of machine, board, chassis, firmware and memory modules.

import type { Inventory } from '../../../src/model/inventory.ts'
import { judge, type Verdict } from '../verdicts.ts'
import { byName, judgeEach, judgeKnown } from './compare.ts'

type Block = { readonly type: number; readonly values: ReadonlyMap<string, string> }

/** What boards say that nobody filled in; the probe calls that unknown. */
const notFilledIn =
  /^(not specified|not settable|to be filled.*|default string|unknown|none|n\/a|no dimm|<.*>|0+|x+|system (manufacturer|product name|serial number|sku)|(0123456789|123456789|1234567890).*)$/i

const unitBytes: Readonly<Record<string, number>> = { kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 }

/** `dmidecode -t 0,1,2,3,17`. */
export function compareDmidecode(text: string, { machine, firmware, memory }: Inventory): readonly Verdict[] {
  const blocks = blocksOf(text)
  const said = (type: number, key: string) => clean(blocks.find((one) => one.type === type)?.values.get(key))
  const bios = firmware.find(({ component }) => component === 'bios')
  const modules = blocks.filter(({ type, values }) => type === 17 && sizeOf(values.get('Size')) !== null)
  return [
    judgeKnown('vendor', said(1, 'Manufacturer'), machine.vendor),
    judgeKnown('product', said(1, 'Product Name'), machine.product),
    judgeKnown('serial', said(1, 'Serial Number'), machine.serial),
    judgeKnown('uuid', said(1, 'UUID')?.toLowerCase() ?? null, machine.uuid),
    judgeKnown('sku', said(1, 'SKU Number'), machine.sku),
    judgeKnown('board product', said(2, 'Product Name'), machine.board?.product),
    judgeKnown('board serial', said(2, 'Serial Number'), machine.board?.serial),
    judgeKnown('chassis serial', said(3, 'Serial Number'), machine.chassis?.serial),
    judgeKnown('chassis asset tag', said(3, 'Asset Tag'), machine.chassis?.assetTag),
    judgeKnown('BIOS vendor', said(0, 'Vendor'), bios?.vendor),
    judgeKnown('BIOS version', said(0, 'Version'), bios?.version),
    judge('memory modules', modules.length, memory.dimms.length),
    ...judgeEach(
      'memory module',
      byName(modules, ({ values }) => placeOf(values.get('Locator'), values.get('Bank Locator')), moduleOf),
      byName(
        memory.dimms,
        ({ locator, bank }) => placeOf(locator, bank),
        ({ sizeBytes, speedMtps, serial, part }) => [sizeBytes, speedMtps, serial, part],
      ),
    ),
  ]
}

function blocksOf(text: string): readonly Block[] {
  return text.split(/\n(?=Handle 0x)/).flatMap((block) => {
    const type = /^Handle 0x\w+, DMI type (\d+),/.exec(block)?.[1]
    const values = [...block.matchAll(/^\t([^\t:]+): ?(.*)$/gm)].map(
      ([, key = '', value = '']) => [key, value] as const,
    )
    return type === undefined ? [] : [{ type: Number(type), values: new Map(values) }]
  })
}

/** Locators repeat on some boards; with the bank they are one place. */
function placeOf(locator: string | null | undefined, bank: string | null | undefined): string {
  return [clean(locator), clean(bank)].filter((one) => one !== null).join(' / ')
}

function moduleOf({ values }: Block): readonly (string | number | null)[] {
  const speed = /^(\d+) (?:MT\/s|MHz)$/.exec(values.get('Speed') ?? '')?.[1]
  return [
    sizeOf(values.get('Size')),
    speed === undefined ? null : Number(speed),
    clean(values.get('Serial Number')),
    clean(values.get('Part Number')),
  ]
}

/** Null for an empty place. */
function sizeOf(text: string | undefined): number | null {
  const match = /^(\d+) (kB|MB|GB|TB)$/.exec(text ?? '')
  return match === null ? null : Number(match[1]) * (unitBytes[match[2] as string] as number)
}

function clean(text: string | null | undefined): string | null {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' || notFilledIn.test(trimmed) ? null : trimmed
}
