// `tepui probe --svg` and `--png` as people call them: what is written where, and what is refused.

import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { drawMachine } from '../../../src/cli/picture/picture.ts'
import { openRasteriser } from '../../../src/cli/picture/raster.ts'
import { scratchFolder, tepui } from '../../support/command.ts'
import { aGpuServer } from '../../support/gpu-server.ts'
import { xmlFaults } from '../../support/pictures.ts'

type Png = { readonly width: number; readonly height: number; readonly lines: Buffer }

/** Size and the lines of dots, still filtered: a blank picture is nearly all zeros there. */
function readPng(bytes: Buffer): Png {
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n')
  const parts: Buffer[] = []
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), lines: inflateSync(Buffer.concat(parts)) }
}

function shareThatDiffers({ lines }: Png): number {
  return lines.reduce((count, byte) => count + (byte === 0 ? 0 : 1), 0) / lines.length
}

describe('tepui probe', () => {
  it('draws this machine to files, and leaves nothing else behind', async () => {
    using folder = scratchFolder()
    const [svg, png] = [join(folder.path, 'm.svg'), join(folder.path, 'm.png')]
    expect(await tepui(['probe', '--svg', svg, '--png', png])).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(readdirSync(folder.path).sort()).toEqual(['m.png', 'm.svg'])
    const text = readFileSync(svg, 'utf8')
    expect(xmlFaults(text)).toEqual([])
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(text) ?? []
    const read = readPng(readFileSync(png))
    expect([read.width, read.height]).toEqual([2 * Number(width), 2 * Number(height)])
    expect(shareThatDiffers(read)).toBeGreaterThan(0.005)
  })

  it('draws to standard output', async () => {
    const { status, stdout } = await tepui(['probe', '--svg', '-'])
    expect(status).toBe(0)
    expect(xmlFaults(stdout)).toEqual([])
    expect(stdout).toMatch(/^<svg .*<\/svg>\n$/s)
  })

  it('replaces the file that a link names, and keeps the link', async () => {
    using folder = scratchFolder()
    const [file, link] = [join(folder.path, 'old.svg'), join(folder.path, 'link.svg')]
    writeFileSync(file, 'old')
    symlinkSync('old.svg', link)
    expect(await tepui(['probe', '--svg', link])).toMatchObject({ status: 0 })
    expect(readFileSync(file, 'utf8')).toMatch(/^<svg /)
    expect(readdirSync(folder.path).sort()).toEqual(['link.svg', 'old.svg'])
  })

  it('writes into what is no file, such as /dev/null, as it is', async () => {
    expect(await tepui(['probe', '--svg', '/dev/null'])).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  it('says in one line what it cannot write', async () => {
    using folder = scratchFolder()
    mkdirSync(join(folder.path, 'folder'))
    const missing = join(folder.path, 'missing', 'm.svg')
    expect(await tepui(['probe', '--svg', missing])).toMatchObject({
      status: 1,
      stderr: `tepui: writing ${missing}: ENOENT: make its folder first, or name another\n`,
    })
    const place = join(folder.path, 'folder')
    expect(await tepui(['probe', '--png', place])).toMatchObject({
      status: 1,
      stderr: `tepui: writing ${place}: EISDIR: that is a folder, name a file\n`,
    })
    expect(readdirSync(folder.path)).toEqual(['folder'])
  })

  it.each([
    [['--svg', '-', '--png', '-'], /both/],
    [['--svg', 'x', '--json'], /'--json'/],
    [['--png', 'x', '--tree'], /'--tree'/],
    [['--svg', 'x', '--watch'], /'--watch'/],
    [['--svg', ''], /path/],
  ])('refuses %j in one line', async (args, why) => {
    const { status, stdout, stderr } = await tepui(['probe', ...args])
    expect([status, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1])
    expect(stderr).toMatch(why)
  })
})

it('a large picture becomes dots of the right size, whatever letters are in it', async () => {
  const { inventory, health } = aGpuServer()
  const machine = { ...inventory.machine, product: '磁盘 🙂 \u202e<&>' }
  const picture = drawMachine({ ...inventory, machine }, health)
  const rasteriser = await openRasteriser()
  const read = readPng(Buffer.from(rasteriser.png(picture.svg, picture)))
  expect([read.width, read.height]).toEqual([2 * picture.width, 2 * picture.height])
  expect(shareThatDiffers(read)).toBeGreaterThan(0.005)
  // A picture of many dots gets fewer of them for each pixel, rather than all memory.
  const small = readPng(Buffer.from(rasteriser.png(`${picture.svg}`, { width: 40_000, height: 4_000 })))
  expect(small.width).toBe(Math.round(picture.width / 2))
})
