// One start: sandbox, cgroups, notes on disk, then the supervisor, until the task's process exists. Whatever fails on
// the way is undone and becomes a fault. It does not know what happens to the run afterwards.

import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, closeSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { idError } from '../../model/ids.ts'
import { type Fault, fail, fault, ok, type Result } from '../../model/result.ts'
import type { ContainerSpec } from '../core/types.ts'
import { giveDevices } from '../volumes/devices.ts'
import { linkVolumes } from '../volumes/links.ts'
import { canSetAffinity } from './affinity.ts'
import { killGroups, removeGroups } from './cgroup-files.ts'
import type { Confinements, StartConfinement } from './confinement.ts'
import type { Limiter } from './limiter.ts'
import type { ProcessId } from './processes.ts'
import type { Run } from './run.ts'
import {
  claimRun,
  parseRunProcesses,
  type RunProcesses,
  readShellNote,
  removeRunDirectory,
  waitForRunProcesses,
  writeRunNote,
} from './run-directory.ts'
import { createSandbox, sandboxPath } from './sandbox.ts'
import { type LaunchTools, launchError, launchPlan } from './supervisor.ts'
import { type User, userToBecome } from './users.ts'

/** A supervisor reports within milliseconds; one that takes longer than this never will. */
const startTimeoutMs = 30_000
/** What a task finds when its command sets none. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const toolDirectories = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin']

export type Launched = {
  readonly child: ChildProcess
  readonly supervisor: ProcessId
  readonly main: ProcessId
  /** What of the grant is not kept, or null. */
  readonly note: string | null
}

export type LaunchOrder = {
  readonly workDir: string
  readonly run: Run
  readonly bootId: string
  readonly spec: ContainerSpec
  readonly limiter: Limiter
  readonly confinements: Confinements
  readonly tools: LaunchTools
}

/** Starts the container's main process. AGENT_LAUNCH_FAILED says why not; nothing is left running then. */
export async function launch(order: LaunchOrder): Promise<Result<Launched>> {
  const { spec, run, tools } = order
  const mistake = idError(spec.containerId) ?? launchError(spec)
  if (mistake !== null) return fail('AGENT_LAUNCH_FAILED', mistake)
  const user = await userToBecome(spec.user)
  if (!user.ok) return user
  if (user.value !== null && tools.setpriv === null) {
    return fail('AGENT_LAUNCH_FAILED', `setpriv (util-linux) is needed to run a task as '${spec.user}'`)
  }
  try {
    // From here to its first process nothing else happens: who belongs elsewhere now, starts there.
    run.groups = order.limiter.create(spec.containerId, spec.limits, run.confinement)
    const confinement = order.confinements.begin(run, spec.grant)
    if (!confinement.ok) return undo(run, confinement.fault)
    writeRunNote(run.directory, {
      bootId: order.bootId,
      groups: run.groups,
      memoryBytes: spec.limits.memoryBytes,
      isShell: spec.command.kind === 'shell',
      sandbox: sandboxPath(order.workDir, spec),
    })
    const child = spawnSupervisor(order, confinement.value, user.value)
    const processes = await started(child, run.directory)
    if (processes.ok) return ok({ child, note: confinement.value.note, ...processes.value })
    return undo(run, processes.fault)
  } catch (error) {
    return undo(run, fault('AGENT_LAUNCH_FAILED', `starting the task: ${(error as Error).message}`, {}, error))
  }
}

function undo(run: Run, because: Fault): Result<Launched> {
  killGroups(run.groups)
  removeGroups(run.groups)
  removeRunDirectory(run.directory)
  return { ok: false, fault: because }
}

function spawnSupervisor(order: LaunchOrder, confinement: StartConfinement, user: User | null): ChildProcess {
  const { spec, run, limiter } = order
  const sandbox = createSandbox(order.workDir, spec, user)
  try {
    linkVolumes(order.workDir, sandbox.path, spec.volumes, user)
    giveDevices(spec.grant.disks, user)
    const plan = launchPlan(
      {
        runDirectory: run.directory,
        supervisorProcsFile: limiter.supervisorProcsFile,
        affinity: confinement.affinity,
        policy: confinement.words,
        taskProcsFiles: run.groups.map((directory) => join(directory, 'cgroup.procs')),
        command: spec.command,
        environment: taskEnvironment(spec, sandbox.path),
        user,
      },
      order.tools,
    )
    return spawn('/bin/sh', [...plan.argv], {
      cwd: sandbox.path,
      env: plan.environment,
      detached: true,
      stdio: ['ignore', sandbox.stdoutFd, sandbox.stderrFd, 'pipe'],
    })
  } finally {
    closeSync(sandbox.stdoutFd)
    closeSync(sandbox.stderrFd)
  }
}

/** The task's own variables, and beneath them what only this room knows and every task may count on. */
function taskEnvironment(spec: ContainerSpec, sandbox: string): Readonly<Record<string, string>> {
  return { PATH: defaultPath, MESOS_SANDBOX: sandbox, MESOS_CONTAINER_ID: spec.containerId, ...spec.environment }
}

/** Waits for the supervisor's word on fd 3 that the task's process exists. */
function started(child: ChildProcess, directory: string): Promise<Result<RunProcesses>> {
  return new Promise((resolve) => {
    // A process that has no files left cannot even make the pipe.
    const report = child.stdio?.[3] as Readable | undefined
    let text = ''
    const settle = (result: Result<RunProcesses>) => {
      clearTimeout(timer)
      report?.removeAllListeners('data')
      report?.destroy()
      child.removeAllListeners('error')
      child.removeAllListeners('close')
      resolve(result)
    }
    const giveUp = (message: string, cause?: unknown) => {
      child.kill('SIGKILL')
      settle(fail('AGENT_LAUNCH_FAILED', message, {}, cause))
    }
    const tooLate = () => {
      const processes = settleOnDisk(directory)
      if (processes === null) giveUp('the task did not start in time')
      else settle(ok(processes))
    }
    const timer = setTimeout(tooLate, startTimeoutMs)
    child.on('error', (error) => giveUp(`starting the task's supervisor: ${error.message}`, error))
    // `close` comes after the last word on fd 3, unlike `exit`.
    child.on('close', () => giveUp(`the task could not be started: ${readShellNote(directory)}`))
    report?.on('error', () => {})
    report?.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\n')
      const processes = end === -1 ? null : parseRunProcesses(text.slice(0, end))
      if (processes !== null) settle(ok(processes))
      else if (text.length > 200) giveUp('the supervisor reported something that is no process')
    })
  })
}

/**
 * Whether the task started without being heard, as when this process was stopped meanwhile: its processes, or null, and
 * then it cannot start any more.
 */
function settleOnDisk(directory: string): RunProcesses | null {
  try {
    return claimRun(directory) ? null : waitForRunProcesses(directory)
  } catch {
    return null
  }
}

/** Looks for the programs that a start needs. AGENT_UNSUPPORTED when a needed one is missing. */
export function findLaunchTools(): Result<LaunchTools> {
  const find = (name: string) => toolDirectories.map((directory) => join(directory, name)).find(isExecutable) ?? null
  const setsid = find('setsid')
  const env = find('env')
  if (setsid === null) return fail('AGENT_UNSUPPORTED', 'running tasks needs setsid: install util-linux')
  if (env === null) return fail('AGENT_UNSUPPORTED', 'running tasks needs env: install coreutils')
  const taskset = find('taskset')
  return ok({
    setsid,
    env,
    setpriv: find('setpriv'),
    bash: find('bash'),
    taskset: taskset !== null && canSetAffinity(taskset) ? taskset : null,
    numactl: find('numactl'),
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
