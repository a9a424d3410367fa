// Writes docs/faults.md from the registry of fault codes, so that the page cannot be out of date (`npm run generate`).

import { writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { faultCodes } from '../src/model/faults.ts'

const bands: Readonly<Record<string, string>> = {
  HW: 'The machine',
  WIRE: 'Between agents and master',
  API: 'The HTTP APIs',
  RESOURCES: 'Operations on resources',
  AGENT: 'The agent',
  MASTER: 'The master',
  ALLOC: 'Allocation',
  STORE: 'State on disk',
  NET: 'Addresses and ports',
  USAGE: 'Calling a command',
}

/** The text of the page. */
export function faultPage(): string {
  const parts = [
    '# Fault codes',
    'What can go wrong outside of Tepui, by stable code. Codes stand in logs, in `problems` of an inventory and in error',
    'answers of the private contract. Written by `npm run generate`.',
  ]
  for (const [band, title] of Object.entries(bands)) {
    const rows = Object.entries(faultCodes)
      .filter(([code]) => code === band || code.startsWith(`${band}_`))
      .map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
    if (rows.length > 0) parts.push('', `## ${title}`, '', '| Code | Meaning |', '|---|---|', ...rows)
  }
  return `${parts.join('\n').replace('# Fault codes\n', '# Fault codes\n\n')}\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(fileURLToPath(new URL('../docs/faults.md', import.meta.url)), faultPage())
}
