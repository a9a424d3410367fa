// A small tolerant reader of XML, for the output of tools: elements, their attribute `id`, their text. It checks no
// schema, knows the five named entities, skips comments, declarations and doctypes, and forgives tags left open at the
// end. Size is bounded by the tool runner, depth and number of elements here.

import { known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'

export type XmlElement = {
  readonly name: string
  readonly id: string | null
  readonly children: readonly XmlElement[]
  /** The text directly inside, trimmed; empty where the end was cut off, since half a text is a wrong one. */
  readonly text: string
  /** Its end was there. */
  readonly isWhole: boolean
}

const depthMax = 64
const elementsMax = 500_000

type Open = { name: string; id: string | null; children: XmlElement[]; text: string }

/** The outermost element; implausible where there is none, or where tags do not match. */
export function parseXml(text: string): Reading<XmlElement> {
  const stack: Open[] = [{ name: '', id: null, children: [], text: '' }]
  let elements = 0
  for (let at = 0; at < text.length; ) {
    const start = text.indexOf('<', at)
    ;(stack.at(-1) as Open).text += text.slice(at, start === -1 ? text.length : start)
    if (start === -1) break
    const end = text.startsWith('<!--', start) ? text.indexOf('-->', start) + 2 : text.indexOf('>', start)
    if (end < start) break
    at = end + 1
    const tag = text.slice(start + 1, end)
    if (tag.startsWith('!') || tag.startsWith('?')) continue
    if (tag.startsWith('/')) {
      const isOpen = stack.length > 1 && (stack.at(-1) as Open).name === tag.slice(1).trim()
      if (!isOpen) return implausible(tag, 'a tag closes what is not open')
      close(stack)
      continue
    }
    const name = /^[A-Za-z_][\w.-]*/.exec(tag)?.[0]
    if (name === undefined) return implausible(tag, 'a tag has no name')
    if (++elements > elementsMax || stack.length > depthMax) return implausible(tag, 'too large or too deep')
    stack.push({ name, id: /\sid\s?=\s?"([^"]*)"/.exec(tag)?.[1] ?? null, children: [], text: '' })
    if (tag.endsWith('/')) close(stack)
  }
  while (stack.length > 1) close(stack, false)
  const [root] = (stack[0] as Open).children
  return root === undefined ? implausible(text, 'no XML') : known(root)
}

function close(stack: Open[], isWhole = true): void {
  const done = stack.pop() as Open
  stack.at(-1)?.children.push({ ...done, text: isWhole ? decodeEntities(done.text.trim()) : '', isWhole })
}

/** The text of the element at the end of a path of names; null where there is none. */
export function xmlText(element: XmlElement, ...path: readonly string[]): string | null {
  let here: XmlElement | undefined = element
  for (const name of path) here = here?.children.find((child) => child.name === name)
  return here === undefined ? null : here.text
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decodeEntities(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] as string)
}
