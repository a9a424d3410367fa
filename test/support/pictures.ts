// What must hold of every picture: boxes lie in each other and not over each other, and the SVG is well-formed XML.

import type { Box } from '../../src/cli/picture/box.ts'

/** Rounding of coordinates and of widths of letters, in pixels. */
const tolerance = 0.6

/** Where a box sticks out of the one around it, or lies over its neighbour. */
export function layoutFaults(box: Box, path = 'page'): readonly string[] {
  const own = box.parts.flatMap(({ box: part, x, y }, i) => {
    const isInside =
      x >= -tolerance &&
      y >= -tolerance &&
      x + part.width <= box.width + tolerance &&
      y + part.height <= box.height + tolerance
    const covered = box.parts.slice(i + 1).flatMap((other, j) => {
      const width = Math.min(x + part.width, other.x + other.box.width) - Math.max(x, other.x)
      const height = Math.min(y + part.height, other.y + other.box.height) - Math.max(y, other.y)
      return width > tolerance && height > tolerance ? [`${path}: ${i} lies over ${i + 1 + j}`] : []
    })
    const size = `${x},${y} ${part.width}x${part.height} in ${box.width}x${box.height}`
    return [...(isInside ? [] : [`${path}: ${i} sticks out: ${size}`]), ...covered]
  })
  return [...own, ...box.parts.flatMap((part, i) => layoutFaults(part.box, `${path}.${i}`))]
}

const attributes = '(?:\\s+[a-zA-Z:-]+="[^"<>]*")*'
const token = new RegExp(`<([a-z]+)${attributes}\\s*(/?)>|</([a-z]+)>|([^<]+)`, 'gy')

/** Why a text is no well-formed XML of elements and text: enough for what we write ourselves. */
export function xmlFaults(xml: string): readonly string[] {
  const open: string[] = []
  const faults: string[] = []
  let end = 0
  for (const match of xml.matchAll(token)) {
    end = match.index + match[0].length
    const [whole, opened, isEmpty, closed] = match
    if (/&(?!(?:amp|lt|gt|quot);)/.test(whole)) faults.push(`a bare & in ${whole.slice(0, 60)}`)
    if (opened !== undefined && isEmpty === '') open.push(opened)
    if (closed !== undefined && open.pop() !== closed) faults.push(`</${closed}> closes nothing`)
  }
  if (end !== xml.length) faults.push(`no XML from: ${xml.slice(end, end + 60)}`)
  if (open.length > 0) faults.push(`open at the end: ${open.join(' ')}`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids.
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u.test(xml)) faults.push('letters that XML forbids')
  return faults
}
