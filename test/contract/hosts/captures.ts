// Archives of /sys and /proc of real machines, unpacked for a test. They lie beside the repository and are not part of
// it; where they are missing, tests say so and skip. Unpacking needs tar, bzip2, xz and gzip.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../../shared/hw/captures/given', import.meta.url))

/** Where the archives lie, with what other projects expect of them beside. */
export const captureFolder = folder

export type CaptureEntry = { readonly file: string; readonly root: string; readonly hasFacts: boolean }

/** Why there is nothing to test with, or null. */
export const capturesMissing = existsSync(join(folder, 'INDEX.json')) ? null : `no captured machines in ${folder}`

export function captureIndex(): readonly CaptureEntry[] {
  const entries = JSON.parse(readFileSync(join(folder, 'INDEX.json'), 'utf8')) as CaptureEntry[]
  return entries.filter((entry) => /\.(tgz|tar\.\w+)$/.test(entry.file))
}

export function captureFacts(): Readonly<Record<string, HostFacts>> {
  return JSON.parse(readFileSync(join(folder, 'FACTS.json'), 'utf8')) as Record<string, HostFacts>
}

type NodeFacts = { readonly os: number; readonly cpus: string; readonly mem: number; readonly subtype?: string }
type Infos = Readonly<Record<string, string>>

/** What hwloc says about a captured machine; sets are Linux lists, ids may be null where the kernel names none. */
export type HostFacts = {
  readonly packages: readonly { readonly os: number | null; readonly cpus: string; readonly info?: Infos }[]
  readonly dies?: readonly { readonly os: number; readonly cpus: string }[]
  readonly groups?: readonly { readonly os: number | null; readonly subtype: string | null; readonly cpus: string }[]
  readonly numa: readonly NodeFacts[]
  readonly memcaches?: readonly { readonly size: number; readonly nodes: string }[]
  readonly memattrs?: readonly {
    readonly name: string
    readonly values: readonly { readonly targetOs: number; readonly value: number }[]
  }[]
  readonly caches?: readonly {
    readonly kind: string
    readonly size: number
    readonly line: number
    readonly sets: readonly string[]
  }[]
  readonly coreIds: readonly (readonly [number | null, string])[]
  readonly pus: string
  /** With those that are offline. */
  readonly completeCpus: string
  readonly allowedCpus: string
  readonly allowedNodes: string
  readonly allowedView?: { readonly pus: string; readonly nodes: string }
  readonly cpukinds?: readonly { readonly cpus: string; readonly info?: Infos }[]
  readonly distances?: readonly { readonly name: string; readonly matrix: readonly (readonly number[])[] }[]
  readonly machineInfo?: Infos
  /** Small files, verbatim. */
  readonly raw: Readonly<Record<string, string | null | undefined>>
  /** What changes when hwloc is told otherwise. */
  readonly variants?: Readonly<Record<string, { readonly changed: { readonly numa?: readonly NodeFacts[] } }>>
}

/** The bytes of a captured machine's archive; those that were compressed by bzip2 or xz, without that. */
export function captureArchive({ file }: CaptureEntry): Uint8Array {
  const path = join(folder, file)
  const unpacker = { bz2: 'bzip2', xz: 'xz' }[file.slice(file.lastIndexOf('.') + 1)]
  if (unpacker === undefined) return readFileSync(path)
  const done = spawnSync(unpacker, ['-dc', path], { maxBuffer: 1024 * 1024 * 1024 })
  if (done.status !== 0) throw new Error(`${unpacker} cannot unpack ${file}`)
  return done.stdout
}

/** Parts of /sys and /proc that no probe looks at and that are many files. */
const leftPacked = ['cpuidle', '*/power/*', 'cpufreq/stats', 'ondemand', 'thermal_throttle', 'crash_notes*', '*/irq/*']

/** The largest capture is some 20,000 small files: in memory, where there is room, they come and go much faster. */
const roomBytes = 512 * 1024 * 1024

function temporaryFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize > roomBytes) return mkdtempSync('/dev/shm/tepui-host-')
  } catch {
    // No such file system here, or not ours to write.
  }
  return mkdtempSync(join(tmpdir(), 'tepui-host-'))
}

/** Unpacks into a temporary folder, calls `use` with the machine's root, and removes the folder. */
export function withCapture<T>(entry: CaptureEntry, use: (root: string) => T): T {
  const temporary = temporaryFolder()
  try {
    const excluded = leftPacked.map((pattern) => `--exclude=${pattern}`)
    const done = spawnSync('tar', ['-xf', join(folder, entry.file), '-C', temporary, ...excluded], { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`tar cannot unpack ${entry.file}: ${done.error?.message ?? done.stderr}`)
    return use(join(temporary, entry.root))
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}
