// Pictures of a machine to files or standard output, loaded only by those who ask for one.

import type { Health } from '../../model/health.ts'
import type { Inventory } from '../../model/inventory.ts'
import { ok, type Result } from '../../model/result.ts'
import { writeTo } from '../output.ts'
import { writeWhole } from '../whole-file.ts'
import { drawMachine } from './picture.ts'
import { openRasteriser } from './raster.ts'

/** Where each form goes: `-` is standard output, undefined nowhere. */
export type Targets = { readonly svg: string | undefined; readonly png: string | undefined }

export async function drawTo({ svg, png }: Targets, inventory: Inventory, health: Health): Promise<Result<void>> {
  const picture = drawMachine(inventory, health)
  if (svg !== undefined) {
    const written = await write(svg, Buffer.from(picture.svg))
    if (!written.ok) return written
  }
  if (png === undefined) return ok(undefined)
  const rasteriser = await openRasteriser()
  return await write(png, rasteriser.png(picture.svg, picture))
}

async function write(target: string, bytes: Uint8Array): Promise<Result<void>> {
  if (target !== '-') return writeWhole(target, bytes, 0o666)
  await writeTo(process.stdout, bytes)
  return ok(undefined)
}
