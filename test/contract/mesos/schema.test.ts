// The field table against the facts of the API, where these are at hand beside the repository.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { enums, messages } from '../../../src/mesos/schema.ts'

const factsFile = fileURLToPath(new URL('../../../../shared/mesos-v1/wire.json', import.meta.url))

type Facts = {
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly messages: Readonly<Record<string, { readonly fields?: Readonly<Record<string, readonly unknown[]>> }>>
}

/** Nobody outside an agent speaks the resource providers' API, and we have no such provider. */
const isServed = (name: string) => !name.startsWith('mesos.v1.resource_provider.')

/** Messages that only our extension fields hold. */
const isOurs = (name: string) => name.startsWith('tepui.v1.')

/** Numbers from here on are Tepui's own extensions. */
const extensionMin = 60000

test('every field of the table has the number, type and rule of the API, and none of these is missing', (ctx) => {
  if (!existsSync(factsFile)) ctx.skip(`${factsFile} is not here`)
  const facts = JSON.parse(readFileSync(factsFile, 'utf8')) as Facts
  const ofTheApi = Object.fromEntries(Object.entries(enums).filter(([name]) => !isOurs(name)))
  expect(ofTheApi).toEqual(Object.fromEntries(Object.entries(facts.enums).filter(([name]) => isServed(name))))
  const differences: string[] = []
  const facet = (field: readonly unknown[] | undefined) => JSON.stringify(field?.slice(0, 3) ?? 'none')
  const named = Object.keys(messages).filter((name) => !isOurs(name))
  for (const name of new Set([...named, ...Object.keys(facts.messages).filter(isServed)])) {
    const ours = messages[name] ?? {}
    const theirs = facts.messages[name]?.fields ?? {}
    for (const field of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const isExtension = (ours[field]?.[0] ?? 0) >= extensionMin
      if (!isExtension && facet(ours[field]) !== facet(theirs[field])) differences.push(`${name}.${field}`)
    }
  }
  expect(differences).toEqual([])
})
