import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AgentUid } from '../../../src/model/ids.ts'
import { isUuid, parsePublicFilter, parseTopic, publicParts, publicTopic, workTopic } from '../../../src/wire/topics.ts'

const uid = '6f2c1d1e-9c55-4a43-8c3e-1f6c2f6d0a11' as AgentUid
const other = '0b8b2c62-6a39-4a0e-9a55-2a8f5d0c7e42' as AgentUid

describe('topics', () => {
  test('what is built is read back', () => {
    for (const part of publicParts) expect(parseTopic(publicTopic(uid, part))).toEqual({ kind: 'public', uid, part })
    for (const direction of ['up', 'down'] as const) {
      expect(parseTopic(workTopic(uid, direction))).toEqual({ kind: 'work', uid, direction })
    }
  })

  test.each([
    '',
    'tepui',
    `tepui/v1/agents/${uid}`,
    `tepui/v1/agents/${uid}/status/`,
    `tepui/v1/agents/${uid}/up`,
    `tepui/v1/agents/${uid.toUpperCase()}/status`,
    `tepui/v1/agents/${uid} /status`,
    `/tepui/v1/agents/${uid}/status`,
    `tepui/v2/agents/${uid}/status`,
    `tepui/v1/work/${uid}/status`,
    `tepui/v1/work/${uid}/sideways`,
    `tepui/v1/work/+/up`,
    `tepui/v1/work/../up`,
    `$SYS/v1/work/${uid}/up`,
    'x'.repeat(70_000),
  ])('%s is no topic of the map', (topic) => {
    expect(parseTopic(topic)).toBeNull()
  })

  test('a uid is a lower-case UUID and nothing that looks like one', () => {
    expect(isUuid(uid)).toBe(true)
    for (const text of ['', `${uid}\n`, ` ${uid}`, uid.slice(1), `${uid}0`, uid.replace('6', 'g')]) {
      expect(isUuid(text)).toBe(false)
    }
  })
})

describe('filters of watchers', () => {
  const cases: readonly [filter: string, covers: readonly [AgentUid | null, string | null] | null][] = [
    ['#', [null, null]],
    ['+/#', [null, null]],
    ['tepui/#', [null, null]],
    ['tepui/v1/#', [null, null]],
    ['tepui/v1/agents/#', [null, null]],
    ['tepui/v1/agents/+/+', [null, null]],
    ['tepui/v1/agents/+/+/#', [null, null]],
    ['+/+/+/+/health', [null, 'health']],
    ['tepui/v1/agents/+/status', [null, 'status']],
    [`tepui/v1/agents/${uid}/#`, [uid, null]],
    [`tepui/v1/agents/${uid}/inventory`, [uid, 'inventory']],
    ['', null],
    ['/#', null],
    ['tepui', null],
    ['tepui/+', null],
    ['tepui/v1/agents/+', null],
    ['tepui/v1/agents/+/+/+', null],
    ['tepui/v1/agents/+/+/+/#', null],
    ['tepui/v1/agents/x/status', null],
    ['tepui/v1/agents/+/up', null],
    ['tepui/v1/work/#', null],
    ['tepui/v1/work/+/up', null],
    [`tepui/v1/work/${uid}/down`, null],
    ['tepui/+/work/#', null],
    ['$SYS/#', null],
    [`#/${'x/'.repeat(200)}`, null],
  ]
  test.each(cases)('%s', (filter, covers) => {
    expect(parsePublicFilter(filter)).toEqual(covers === null ? null : { uid: covers[0], part: covers[1] })
  })

  test('agree with the rules of MQTT on every public topic, and never cover a work topic', () => {
    const level = fc.constantFrom('tepui', 'v1', 'agents', 'work', uid, other, 'status', 'health', 'up', '+', '#', '')
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 7 }), (levels) => {
        const filter = levels.join('/')
        if (levels.slice(0, -1).includes('#')) return
        const found = parsePublicFilter(filter)
        for (const agent of [uid, other]) {
          for (const part of publicParts) {
            const isCovered = found !== null && (found.uid ?? agent) === agent && (found.part ?? part) === part
            expect(isCovered).toBe(mqttMatches(levels, publicTopic(agent, part).split('/')))
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

/** MQTT 3.1.1 §4.7 as it stands there. */
function mqttMatches(filter: readonly string[], topic: readonly string[]): boolean {
  const [pattern, ...patterns] = filter
  if (pattern === '#') return true
  if (topic.length === 0 || pattern === undefined) return topic.length === 0 && pattern === undefined
  return (pattern === '+' || pattern === topic[0]) && mqttMatches(patterns, topic.slice(1))
}
