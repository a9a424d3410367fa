// Makes and removes the directories of persistent volumes. What is done for one disk is done in order; each change is
// harmless when it is done again. Only what was destroyed is deleted: it is moved aside in one step, so that its place
// is free, and deleted from there. It does not know who uses a volume, nor why it goes.

import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { OperationUuid } from '../../model/ids.ts'
import { type Fault, fault } from '../../model/result.ts'
import type { VolumeFailure, VolumePlace } from '../core/types.ts'
import { emptyDirectory } from './emptying.ts'
import { isNobodysData, isWholeDisk, removedDirectory, volumeDirectory, volumeRoot } from './paths.ts'

export type Volumes = {
  /** Does as an operation wants; `changed` follows once. */
  change(operationUuid: OperationUuid, make: readonly VolumePlace[], remove: readonly VolumePlace[]): void
  /**
   * At the start of the agent: the directories of volumes are there, as far as their disks are; what was removed and
   * not yet deleted goes on being deleted.
   * @param disks of which volumes may have been
   */
  recover(volumes: readonly VolumePlace[], disks: readonly Pick<VolumePlace, 'source'>[]): void
  /** Stops deleting; a later life of the agent goes on with it. */
  close(): Promise<void>
}

export type VolumesOptions = {
  readonly workDir: string
  readonly changed: (operationUuid: OperationUuid, failed: readonly VolumeFailure[]) => void
  /** Something that nobody waits for did not succeed. */
  readonly troubled: (message: string, directory: string, reason: string) => void
}

/** A volume is its user's alone, and the root's. */
const volumeMode = 0o750

export function createVolumes(options: VolumesOptions): Volumes {
  return new DiskVolumes(options)
}

class DiskVolumes implements Volumes {
  readonly #options: VolumesOptions
  /** What is still to be done, by root. */
  readonly #queues = new Map<string, Promise<void>>()
  #isClosed = false
  #removals = 0

  constructor(options: VolumesOptions) {
    this.#options = options
  }

  change(operationUuid: OperationUuid, make: readonly VolumePlace[], remove: readonly VolumePlace[]): void {
    const work = [
      ...make.map((place) => this.#enqueue(place, () => this.#make(place))),
      ...remove.map((place) => this.#enqueue(place, () => this.#remove(place))),
    ]
    void Promise.all(work).then((outcomes) => {
      // What is not heard of is done again by a later life.
      if (this.#isClosed) return
      this.#options.changed(
        operationUuid,
        outcomes.flatMap((failure) => failure ?? []),
      )
    })
  }

  recover(volumes: readonly VolumePlace[], disks: readonly Pick<VolumePlace, 'source'>[]): void {
    for (const place of volumes) {
      try {
        makeDirectory(this.#options.workDir, place)
      } catch (error) {
        const directory = volumeDirectory(this.#options.workDir, place)
        this.#options.troubled('a persistent volume is not there', directory, (error as Error).message)
      }
    }
    const known = [{ source: null }, ...disks, ...volumes]
    const directories = new Set(known.map((disk) => removedDirectory(this.#options.workDir, disk)))
    for (const directory of directories) this.#deleteLater(directory)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#queues.values())
  }

  /** In order for one root: a disk is emptied before the next volume is made on it. */
  #enqueue(place: VolumePlace, work: () => Promise<Fault | null>): Promise<VolumeFailure | null> {
    const done = this.#after(volumeRoot(this.#options.workDir, place), () =>
      this.#isClosed ? Promise.resolve(null) : work(),
    )
    return done.then((problem) => (problem === null ? null : { place, fault: problem }))
  }

  #after<T>(queue: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#queues.get(queue) ?? Promise.resolve()).then(work)
    const settled = done.then(() => {
      if (this.#queues.get(queue) === settled) this.#queues.delete(queue)
    })
    this.#queues.set(queue, settled)
    return done
  }

  async #make(place: VolumePlace): Promise<Fault | null> {
    const directory = volumeDirectory(this.#options.workDir, place)
    try {
      makeDirectory(this.#options.workDir, place)
      const found = readdirSync(directory).find((name) => !isWholeDisk(place) || !isNobodysData(name))
      if (found === undefined) return null
      return fault(
        'AGENT_VOLUME',
        `${directory} holds data that is of no volume of this agent (${found}): move it away first`,
      )
    } catch (error) {
      return fault('AGENT_VOLUME', `making ${directory}: ${(error as Error).message}`, {}, error)
    }
  }

  async #remove(place: VolumePlace): Promise<Fault | null> {
    const { workDir } = this.#options
    const directory = volumeDirectory(workDir, place)
    const removed = removedDirectory(workDir, place)
    try {
      if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) return null
      mkdirSync(removed, { mode: 0o700, recursive: true })
      if (!isWholeDisk(place)) {
        renameSync(directory, join(removed, this.#freshName()))
        removeIfEmpty(dirname(directory))
        this.#deleteLater(removed)
        return null
      }
      for (const name of readdirSync(directory)) {
        if (!isNobodysData(name)) renameSync(join(directory, name), join(removed, this.#freshName()))
      }
      // Its next owner must find nothing, and this one may give it to another user.
      const left = await emptyDirectory(removed, () => this.#isClosed)
      if (left !== null) return fault('AGENT_VOLUME', `emptying ${directory}: ${left}`)
      rmdirSync(removed)
      giveBack(directory)
      return null
    } catch (error) {
      return fault('AGENT_VOLUME', `removing ${directory}: ${(error as Error).message}`, {}, error)
    }
  }

  /** Why something is left, or null. */
  async #deleteAll(removed: string): Promise<string | null> {
    try {
      if (this.#isClosed || statSync(removed, { throwIfNoEntry: false }) === undefined) return null
      const left = await emptyDirectory(removed, () => this.#isClosed)
      if (left === null) removeIfEmpty(removed)
      return left
    } catch (error) {
      return (error as Error).message
    }
  }

  #freshName(): string {
    return `${process.pid}-${Math.floor(performance.timeOrigin)}-${this.#removals++}`
  }

  #deleteLater(removed: string): void {
    void this.#after(`delete ${removed}`, async () => {
      const left = await this.#deleteAll(removed)
      if (left === null || this.#isClosed) return
      this.#options.troubled('what was destroyed could not all be deleted; the next start tries again', removed, left)
    })
  }
}

/** With all above it but the root, which must be there: a disk that is not mounted is not written to. */
function makeDirectory(workDir: string, place: VolumePlace): void {
  const root = volumeRoot(workDir, place)
  if (!statSync(root).isDirectory()) throw new Error(`${root} is not a directory`)
  const directory = volumeDirectory(workDir, place)
  if (isWholeDisk(place)) return
  mkdirSync(dirname(directory), { recursive: true, mode: 0o755 })
  try {
    mkdirSync(directory, { mode: volumeMode })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (!lstatSync(directory).isDirectory()) throw new Error(`${directory} is not a directory`)
  }
}

function giveBack(directory: string): void {
  const [uid, gid] = [process.geteuid?.(), process.getegid?.()]
  if (uid === undefined || gid === undefined) return
  if (statSync(directory).uid !== uid) chownSync(directory, uid, gid)
  chmodSync(directory, 0o755)
}

/** The directory of a role without volumes. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // Others are in it.
  }
}
