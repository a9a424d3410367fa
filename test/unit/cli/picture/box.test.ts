import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Box,
  draw,
  filled,
  flow,
  grid,
  panel,
  paragraph,
  patch,
  row,
  stack,
  text,
} from '../../../../src/cli/picture/box.ts'
import { layoutFaults, xmlFaults } from '../../../support/pictures.ts'

const square = (size: number) => patch(size, size, '#000000')
const plain = { fill: '#ffffff', stroke: '#000000' }

/** Boxes of any kind in each other. */
const anyBox: fc.Arbitrary<Box> = fc.letrec<{ box: Box }>((tie) => ({
  box: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.integer({ min: 1, max: 90 }).map(square),
    fc.string({ unit: 'grapheme', maxLength: 30 }).map((line) => text(line, { widthMax: 120 })),
    fc.string({ maxLength: 120 }).map((line) => paragraph(line, { widthMax: 90 }, 3)),
    fc.array(tie('box'), { maxLength: 5 }).map((boxes) => row(boxes, 3, 'middle')),
    fc.array(tie('box'), { maxLength: 5 }).map((boxes) => stack(boxes, 3)),
    fc
      .tuple(fc.array(tie('box'), { maxLength: 9 }), fc.integer({ min: 20, max: 500 }))
      .map(([boxes, width]) => flow(boxes, width, 4)),
    fc
      .tuple(fc.array(tie('box'), { maxLength: 9 }), fc.integer({ min: 20, max: 500 }))
      .map(([boxes, width]) => filled(boxes, width, 4)),
    fc.tuple(fc.string({ maxLength: 20 }), tie('box')).map(([title, inside]) => panel([text(title)], inside, plain)),
  ),
})).box

it('boxes never stick out of each other nor lie over each other, and are well-formed', () => {
  fc.assert(
    fc.property(anyBox, (box) => {
      expect(layoutFaults(box)).toEqual([])
      expect(xmlFaults(`<svg>${draw(box, 0, 0)}</svg>`)).toEqual([])
    }),
    { numRuns: 300 },
  )
})

describe('boxes find their places', () => {
  it('a flow of thousands takes time for each, and not for each with each', () => {
    const many = flow(
      Array.from({ length: 20_000 }, (_, i) => square(10 + (i % 3))),
      1000,
      4,
    )
    expect([many.width <= 1000, layoutFaults(many)]).toEqual([true, []])
  })

  it('a flow fills its rows evenly', () => {
    const four = flow([square(30), square(30), square(30), square(30)], 100, 2)
    expect([four.width, four.height]).toEqual([62, 62])
    expect(flow([square(30), square(30), square(30)], 100, 5)).toMatchObject({ width: 100, height: 30 })
  })

  it('a box that is too wide for a flow stands alone in its row', () => {
    expect(flow([square(300), square(30)], 100, 5)).toMatchObject({ width: 300, height: 335 })
  })

  it('a grid fills its rows where it can', () => {
    const cells = Array.from({ length: 24 }, () => square(10))
    const { width, height } = grid(cells, { aspect: 2, widthMax: 1000, gap: 0 })
    expect((width * height) / 100).toBe(24)
  })

  it('panels grow to fill their cells, and patches do not', () => {
    const narrow = panel([], square(10), plain)
    const { parts } = flow([narrow, panel([], square(50), plain)], 1000, 5)
    expect(parts[0]?.box.parts.map((part) => part.box.height)).toEqual([72, 72])
  })

  it('text ends in an ellipsis where it has too little room', () => {
    expect(draw(text('a long text', { size: 10, widthMax: 30 }), 0, 0)).toContain('>a l…</text>')
    expect(text('', {}).width).toBe(0)
  })

  it('hints are told to a pointer', () => {
    expect(draw({ ...square(5), hint: 'a < b' }, 0, 0)).toContain('<title>a &lt; b</title>')
  })
})
