// SVG to PNG in this process (decision 0016). The engine and its font are large: they are read when first asked for, from
// the packages or, in the built file, from what was packed beside the bundle (build/single-file.ts).

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { getRawAsset, isSea } from 'node:sea'
import { brotliDecompressSync } from 'node:zlib'

/** By their names in the built file, the packages' own. */
const assets = {
  'resvg.wasm': '@resvg/resvg-wasm/index_bg.wasm',
  'mono.ttf': 'dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf',
  'mono-bold.ttf': 'dejavu-fonts-ttf/ttf/DejaVuSansMono-Bold.ttf',
} as const

/** Dots for each pixel of the SVG, so that small letters stay sharp. */
const scale = 2

/** Larger pictures get fewer dots a pixel: each takes four bytes of memory several times over. */
const dotsMax = 40_000_000

export type Rasteriser = {
  /** Sizes in pixels of the SVG. @returns a PNG */
  readonly png: (svg: string, size: { readonly width: number; readonly height: number }) => Uint8Array
}

/** Once a process: the library has one engine. */
export async function openRasteriser(): Promise<Rasteriser> {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm')
  await initWasm(readAsset('resvg.wasm'))
  const family = 'DejaVu Sans Mono'
  const font = {
    fontBuffers: [readAsset('mono.ttf'), readAsset('mono-bold.ttf')],
    defaultFontFamily: family,
    monospaceFamily: family,
  }
  return {
    png: (svg, { width, height }) => {
      const value = Math.min(scale, Math.sqrt(dotsMax / (width * height)))
      const engine = new Resvg(svg, { font, fitTo: { mode: 'zoom', value } })
      try {
        const image = engine.render()
        try {
          return image.asPng()
        } finally {
          image.free()
        }
      } finally {
        engine.free()
      }
    },
  }
}

function readAsset(name: keyof typeof assets): Uint8Array<ArrayBuffer> {
  const bytes = isSea()
    ? brotliDecompressSync(Buffer.from(getRawAsset(name)))
    : readFileSync(createRequire(import.meta.url).resolve(assets[name]))
  return new Uint8Array(bytes)
}
