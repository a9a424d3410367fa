// A small tolerant reader of XML, for the output of tools: elements, their attribute `id`, their text. It checks no
// schema, knows the five named entities, skips comments, declarations and doctypes, and forgives tags left open at the
// end. Size is bounded by the tool runner, depth and number of elements here.

import { known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'

export type XmlElement = {
  readonly name: string
  readonly id: string | null
  readonly children: readonly XmlElement[]
  /** The text directly inside, trimmed. */
  readonly text: string
}

const depthMax = 64
const elementsMax = 500_000

type Open = { name: string; id: string | null; children: XmlElement[]; text: string }

/** The outermost element; implausible where there is none, or where tags do not match. */
export function parseXml(text: string): Reading<XmlElement> {
  const top: Open = { name: '', id: null, children: [], text: '' }
  const stack: Open[] = [top]
  const token = /<!--[\s\S]*?-->|<[!?][^>]*>|<(\/?)([A-Za-z_][\w.-]*)([^<>]*?)(\/?)>|([^<]+)|</g
  let elements = 0
  for (const match of text.matchAll(token)) {
    const here = stack.at(-1) as Open
    const [, closing, name, attributes = '', empty, words] = match
    if (words !== undefined) here.text += words
    if (name === undefined) continue
    if (closing === '/') {
      if (stack.length === 1 || here.name !== name) return implausible(match[0], 'a tag closes what is not open')
      close(stack)
      continue
    }
    if (++elements > elementsMax || stack.length > depthMax) return implausible(match[0], 'too large or too deep')
    stack.push({ name, id: /\bid\s*=\s*"([^"]*)"/.exec(attributes)?.[1] ?? null, children: [], text: '' })
    if (empty === '/') close(stack)
  }
  while (stack.length > 1) close(stack)
  const [root] = top.children
  return root === undefined ? implausible(text, 'no XML') : known(root)
}

function close(stack: Open[]): void {
  const done = stack.pop() as Open
  stack.at(-1)?.children.push({ ...done, text: decodeEntities(done.text.trim()) })
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
