// Writes run records into an agent's store until it is killed, saying the number of each once the store has taken it.
// Run as: node store-writer.ts WORKDIR

import { openAgentStore } from '../../src/agent/store/store.ts'
import { aRunRecord } from './agent-store.ts'

const store = openAgentStore(process.argv[2] ?? '')
if (!store.ok) throw new Error(store.fault.message)
for (let n = 0; ; n++) {
  store.value.apply([{ op: 'putRun', run: aRunRecord(n % 100, n) }])
  process.stdout.write(`${n}\n`)
}
