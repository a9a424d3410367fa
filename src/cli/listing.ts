// What all listing commands share: they ask the master, and print a table or, with --json, the same rows exactly.
// It does not know what is listed.

import type { Command } from 'commander'
import type { Resource, TimeInfo } from '../mesos/types.ts'
import type { Result } from '../model/result.ts'
import { addMasterFlags, connect, type MasterFlags } from './client/connection.ts'
import type { HttpClient } from './client/http.ts'
import { act, flag } from './command.ts'
import { sayFault } from './output.ts'
import { type Column, formatTable } from './table.ts'

export type Listing<Row, Flags> = {
  readonly load: (master: HttpClient, flags: Flags) => Promise<Result<readonly Row[]>>
  readonly columns: readonly Column<Row>[]
  /** Printed when there is no row: `no tasks`. */
  readonly empty: string
}

export type ListingFlags = MasterFlags & { readonly json?: boolean }

export function defineListing<Row, Flags extends ListingFlags>(command: Command, listing: Listing<Row, Flags>): void {
  addMasterFlags(command).addOption(jsonFlag())
  act(command, (flags: Flags) => list(listing, flags))
}

export function jsonFlag() {
  return flag('--json', 'print JSON for programs')
}

async function list<Row, Flags extends ListingFlags>(listing: Listing<Row, Flags>, flags: Flags): Promise<number> {
  const connected = connect(flags)
  if (!connected.ok) return sayFault(connected.fault)
  const { master } = connected.value
  const loaded = await listing.load(master, flags)
  master.close()
  if (!loaded.ok) return sayFault(loaded.fault)
  const rows = loaded.value
  if (flags.json) printJson(rows)
  else if (rows.length === 0) process.stderr.write(`${listing.empty}\n`)
  else process.stdout.write(`${formatTable(listing.columns, rows, process.stdout.columns ?? null)}\n`)
  return 0
}

export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}

/** Amounts by name, over all reservations: `{ cpus: 1.5, mem: 512 }`; `mem` and `disk` are mebibytes. */
export type Amounts = Readonly<Record<string, number>>

export function amounts(resources: readonly Resource[] | undefined): Amounts {
  const thousandths = new Map<string, number>()
  for (const { name, scalar } of resources ?? []) {
    if (scalar !== undefined) thousandths.set(name, (thousandths.get(name) ?? 0) + Math.round(scalar.value * 1000))
  }
  return Object.fromEntries([...thousandths].map(([name, milli]) => [name, milli / 1000]))
}

/** Milliseconds since the epoch, or null. */
export function timeMs(time: TimeInfo | undefined): number | null {
  return time === undefined ? null : Math.round(Number(time.nanoseconds) / 1e6)
}
