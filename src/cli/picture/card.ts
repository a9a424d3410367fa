// A card: a small frame with a stripe in the colour of its type, whose frame is coloured where its part is sick.

import type { Condition } from '../../model/health.ts'
import { conditionName } from '../hardware-words.ts'
import { at, type Box, frame, paragraph } from './box.ts'
import { sickPaint } from './sick.ts'
import { type DeviceType, deviceColors, paints, severityColors, theme } from './theme.ts'

const stripe = 4
const padding = 7

/** Room for the content of a card of this width. */
export function insideOf(width: number): number {
  return width - stripe - 2 * padding
}

type Style = { readonly type: DeviceType; readonly width: number; readonly conditions: readonly Condition[] }

/** `content` is laid out for the room inside; when the card grows, once more. */
export function striped(content: (width: number) => Box, { type, width, conditions }: Style): Box {
  const paint = sickPaint(paints.plain, conditions)
  const sized = (wide: number, heightMin: number): Box => {
    const box = content(insideOf(wide))
    const height = Math.max(heightMin, box.height + 2 * padding - 1)
    return {
      width: wide,
      height,
      parts: [{ box, x: stripe + padding, y: padding - 1 }],
      paint: (x, y) =>
        frame(x, y, wide, height, paint, 4) +
        `<path d="M${at(x + stripe + 1)} ${at(y + 1)}h-1a3 3 0 0 0 -3 3v${at(height - 8)}a3 3 0 0 0 3 3h1z" fill="${deviceColors[type]}"/>`,
      grown: (wider, higher) => sized(Math.max(wide, wider), Math.max(height, higher)),
    }
  }
  return sized(width, 0)
}

/** What is wrong, in words of its colour. */
export function conditionLine(condition: Condition, width: number): Box {
  const color = severityColors[condition.severity]
  return paragraph(conditionName(condition), { size: theme.small, color, isBold: true, widthMax: width }, 3)
}
