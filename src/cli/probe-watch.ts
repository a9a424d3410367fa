// `tepui probe --watch`: says what changes on this machine and what becomes of its health, a line an event, until it is
// asked to end. It keeps nothing: what was wrong before is told again by the next watch.

import { changeText, partText } from '../hw/diff.ts'
import { probeInventory } from '../hw/inventory.ts'
import { liveSource } from '../hw/source/open.ts'
import { newMachine, type WatchReport, watchMachine } from '../hw/watch.ts'
import { conditionRules } from '../model/conditions.ts'
import { nowMs } from '../shell/loop.ts'
import { systemRandom } from '../shell/random.ts'
import { serveUntilAsked } from './daemon.ts'
import { printable, printableJson, say, sayFault } from './output.ts'

type WatchEvent = { readonly event: string; readonly text: string; readonly detail: object }

/** @returns exit status: 1 where there is no machine to read */
export async function watch(json: boolean): Promise<number> {
  const { stdout } = process
  const seen = probeInventory(liveSource())
  if (!seen.ok) return sayFault(seen.fault)
  let isFirst = true
  const watcher = watchMachine({
    source: liveSource(),
    before: null,
    memory: newMachine,
    random: systemRandom,
    nowMs,
    report: (report) => {
      for (const { event, text, detail } of eventsOf(report)) {
        const at = new Date(nowMs()).toISOString()
        stdout.write(json ? `${printableJson({ at, event, text, ...detail })}\n` : `${at} ${printable(text)}\n`)
      }
      if (isFirst && !json) say('watching; Ctrl-C ends it')
      isFirst = false
    },
  })
  return serveUntilAsked({ close: () => watcher.close() })
}

function eventsOf({ changes, appeared, cleared }: WatchReport): readonly WatchEvent[] {
  return [
    ...changes.map((change) => ({ event: 'inventory.changed', text: changeText(change), detail: { change } })),
    ...appeared.map((condition) => {
      const { code, part, severity, evidence } = condition
      const text =
        `${severity} ${code}: ${partText(part)}: ${conditionRules[code].says} ${evidence[0]?.text ?? ''}`.trim()
      return { event: 'health.appeared', text, detail: { condition } }
    }),
    ...cleared.map((condition) => {
      const text = `clear ${condition.code}: ${partText(condition.part)}`
      return { event: 'health.cleared', text, detail: { condition } }
    }),
  ]
}
