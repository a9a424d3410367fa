// Keeps threads to CPUs where there is no cpuset: sched_setaffinity(2) thread by thread, through taskset (util-linux),
// and again until no thread is found that is elsewhere, for those that were made meanwhile took the old set along. A task
// may change its own affinity back: it is weaker than a cpuset. It does not know containers.

import { execFile, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { type CpuSet, formatCpuList, isSubset, parseCpuList } from '../../model/cpu-set.ts'

/** Looks at one tree; a thread inherits its maker's set, so that the second look rarely finds any. */
const looksMax = 5
/** Threads that one shell is given. */
const batchMax = 1_000
const batchTimeoutMs = 30_000

/** Arguments: taskset, the list, threads. One that is gone fails, which the next look forgives. */
const script =
  'taskset=$1 cpus=$2; shift 2; for thread; do "$taskset" -p -c "$cpus" "$thread" >/dev/null 2>&1; done; exit 0'

export type AffinityChange = {
  readonly taskset: string
  /** The processes of the tree as they are at each look; null when that cannot be seen. */
  readonly pids: () => readonly number[] | null
  readonly cpus: CpuSet
  /** What they were kept to before; null: not known. A thread that chose fewer of them keeps its choice. */
  readonly before: CpuSet | null
}

/** Why threads are left that may run elsewhere, or null. */
export async function keepToCpus(change: AffinityChange): Promise<string | null> {
  const list = formatCpuList(change.cpus)
  for (let look = 0; look < looksMax; look++) {
    const threads = (change.pids() ?? []).flatMap(threadsOf)
    const wrong = threads.filter(({ cpus }) => mustMove(cpus, change)).map(({ tid }) => `${tid}`)
    if (wrong.length === 0) break
    for (let i = 0; i < wrong.length; i += batchMax) await run(change.taskset, list, wrong.slice(i, i + batchMax))
  }
  const pids = change.pids()
  if (pids === null) return 'its processes cannot be looked at'
  const strays = pids.flatMap(threadsOf).filter(({ cpus }) => !isSubset(cpus, change.cpus))
  return strays.length === 0 ? null : `${strays.length} of its threads do not stay on CPUs ${list}`
}

function mustMove(cpus: CpuSet, change: AffinityChange): boolean {
  if (!isSubset(cpus, change.cpus)) return true
  const mayBeOld = change.before === null || isSame(cpus, change.before)
  return mayBeOld && !isSame(cpus, change.cpus)
}

function isSame(a: CpuSet, b: CpuSet): boolean {
  return a.length === b.length && a.every((cpu, i) => cpu === b[i])
}

function run(taskset: string, list: string, threads: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const words = ['-c', script, 'tepui-affinity', taskset, list, ...threads]
    execFile('/bin/sh', words, { timeout: batchTimeoutMs }, () => resolve())
  })
}

/** The threads of a process with the CPUs that each may use; none when it is gone. */
export function threadsOf(pid: number): readonly { readonly tid: number; readonly cpus: CpuSet }[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((tid) => {
      const cpus = allowedCpus(`/proc/${pid}/task/${tid}/status`)
      return cpus === null ? [] : [{ tid: Number(tid), cpus }]
    })
  } catch {
    return []
  }
}

/** From a `status` file of proc(5); null when it is gone, or its kernel does not tell. */
function allowedCpus(path: string): CpuSet | null {
  try {
    const match = /^Cpus_allowed_list:\s*(\S*)$/m.exec(readFileSync(path, 'utf8'))
    return match === null ? null : parseCpuList(match[1] as string)
  } catch {
    return null
  }
}

/** Whether this taskset does what we need of it: busybox' may be built without lists. */
export function canSetAffinity(taskset: string): boolean {
  const own = allowedCpus('/proc/self/status')
  if (own === null) return false
  const list = formatCpuList(own)
  return spawnSync(taskset, ['-p', '-c', list, `${process.pid}`], { stdio: 'ignore', timeout: 5_000 }).status === 0
}
