// Writes docs/conditions.md from the registry of conditions, so that the page cannot be out of date (`npm run generate`).

import { writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type ConditionRule, conditionRules } from '../src/model/conditions.ts'

const bands: Readonly<Record<string, string>> = {
  DISK: 'Drives',
  RAID: 'Arrays',
  FILESYSTEM: 'File systems',
  MEMORY: 'Memory',
  DIMM: 'Memory',
  CPU: 'Processors',
  MICROCODE: 'Processors',
  PCIE: 'PCI Express',
  NIC: 'Network',
  FABRIC: 'Network',
  GPU: 'GPUs',
}

const elsewhere = 'The box'

/** The text of the page. */
export function conditionPage(): string {
  const rules: readonly (readonly [string, ConditionRule])[] = Object.entries(conditionRules)
  const bandOf = (code: string) => bands[code.split('_')[0] ?? ''] ?? elsewhere
  const parts = [
    '# Conditions',
    '',
    'What can be wrong with a machine. A condition names its code, the part, since when, and the evidence; it stands in',
    '`tepui probe`, in the retained topic `health` of each agent, and in the agent’s log. `info` is worth knowing,',
    '`warning` works and needs a person, `critical` must not be given to tasks. A condition appears when enough looks in a',
    'row saw it (an agent looks every minute), and clears when nothing was seen of it for a while. What could not be looked',
    'at is listed as unchecked and keeps what it is about from clearing. Written by `npm run generate`.',
  ]
  for (const title of [...new Set([...Object.values(bands), elsewhere])]) {
    const rows = rules.filter(([code]) => bandOf(code) === title).map(([code, rule]) => tableRow(code, rule))
    parts.push('', `## ${title}`, '', '| Code | Severity | Meaning | What to do | Looks | Clears after |')
    parts.push('|---|---|---|---|---|---|', ...rows)
  }
  return `${parts.join('\n')}\n`
}

function tableRow(code: string, { severity, says, todo, looksMin, clearAfterMs }: ConditionRule): string {
  return `| \`${code}\` | ${severity} | ${says} | ${todo} | ${looksMin} | ${period(clearAfterMs)} |`
}

function period(ms: number): string {
  const minutes = ms / 60_000
  if (minutes < 1) return `${ms / 1000} s`
  return minutes < 60 ? `${minutes} min` : minutes < 1440 ? `${minutes / 60} h` : `${minutes / 1440} d`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(fileURLToPath(new URL('../docs/conditions.md', import.meta.url)), conditionPage())
}
