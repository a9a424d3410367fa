// `tepui run`: a framework of one job. Reads the flags, subscribes, and turns Ctrl-C and the time limit into the end of
// the job. What happens to offers and tasks is in job/.

import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { basename } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { gangCountMax, holdMaxMs } from '../master/cluster/gang-request.ts'
import { wishOf } from '../master/placement/wish.ts'
import type { FrameworkInfo } from '../mesos/types.ts'
import { idError } from '../model/ids.ts'
import type { Fault } from '../model/result.ts'
import { systemRandom } from '../shell/random.ts'
import { addMasterFlags, connect, type MasterFlags } from './client/connection.ts'
import { masterAsked } from './client/http.ts'
import { Subscription } from './client/scheduler.ts'
import {
  act,
  type EnvironmentEntry,
  flag,
  readAmount,
  readCount,
  readDurationMs,
  readEnvironmentEntry,
  readMebibytes,
  repeatedFlag,
} from './command.ts'
import { Job } from './job/job.ts'
import type { JobSpec } from './job/spec.ts'
import { say, sayFault } from './output.ts'
import { endSignalStatus, onEndRequest } from './signals.ts'

/** What commander gives to a flag that it does not understand. */
const wrongUsageStatus = 2

/** The exit status of a job that ran out of time, as timeout(1) has it. */
const timeoutStatus = 124

/** How long the master keeps the tasks of a `tepui run` that vanished, and how long a vanished master is looked for. */
const failoverSeconds = 30
const reconnectMaxMs = 300_000

const instancesMax = 1000

/** A framework that ends says goodbye, but not for longer than this. */
const goodbyeMaxMs = 2_000

type RunFlags = MasterFlags & {
  readonly cpus: number
  readonly mem: number
  readonly gpus?: number
  readonly disk?: number
  readonly role: string
  readonly env?: readonly EnvironmentEntry[]
  readonly name?: string
  readonly instances: number
  readonly timeout?: number
  readonly user?: string
  readonly exclusive?: 'cores' | 'threads'
  readonly numa?: string
  readonly linkedGpus?: true
  readonly near?: string
  readonly nics?: string
  readonly allOrNothing?: true
  readonly same?: 'rack'
  readonly spread?: 'racks'
  readonly hold?: number
}

export function define(command: Command): void {
  addMasterFlags(command)
    .argument('<command...>', 'program and its arguments; no shell is between')
    .usage('[options] -- COMMAND…')
    .passThroughOptions()
    .addOption(flag('--cpus <n>', 'cpus for one instance', readAmount).default(0.5))
    .addOption(flag('--mem <size>', 'memory for one instance, in MiB or with M, G', readMebibytes).default(128))
    .addOption(flag('--gpus <n>', 'whole GPUs for one instance', readCount(1024)))
    .addOption(flag('--disk <size>', 'disk for one instance, in MiB or with M, G', readMebibytes))
    .addOption(flag('--role <role>', 'role in which resources are asked for').default('*'))
    .addOption(repeatedFlag('--env <name=value>', 'environment of the command; may be repeated', readEnvironmentEntry))
    .addOption(flag('--name <name>', 'name of the job (default: the program)', readName))
    .addOption(
      flag('--instances <n>', 'how many to run; output lines get a prefix', readCount(instancesMax)).default(1),
    )
    .addOption(flag('--exclusive <what>', 'cpus of its own: whole cores or threads').choices(['cores', 'threads']))
    .addOption(
      flag('--numa <wish>', 'preferred, single, interleave or the number of a NUMA node', readWish('tepui.numa')),
    )
    .addOption(flag('--linked-gpus', 'GPUs that are all connected by the fastest link there is'))
    .addOption(
      flag('--near <what>', 'cpus and memory close to gpu, nic, disk or the name of one', readWish('tepui.near')),
    )
    .addOption(flag('--nics <wish>', 'network ports of its own: how many, or names', readWish('tepui.nics')))
    .addOption(flag('--all-or-nothing', 'start all instances together, each on another machine, or none'))
    .addOption(flag('--same <place>', 'all in one rack; with --all-or-nothing').choices(['rack']))
    .addOption(flag('--spread <places>', 'each in another rack; with --all-or-nothing').choices(['racks']))
    .addOption(flag('--hold <time>', 'keep machines this long while others are missing (default: 30s)', readHoldMs))
    .addOption(flag('--timeout <time>', 'kill and exit with 124 after 90, 90s, 5m …; waiting counts', readDurationMs))
    .addOption(flag('--user <user>', 'user on the machine that runs it (default: yours)'))
    .addHelpText('after', '\nExits with the command’s own status, or 128 and the number of the signal that ended it.')
  act(command, (words: readonly [string, ...string[]], flags: RunFlags) => run(words, flags))
}

/** A wish of the machine's hardware, judged as the master would. */
function readWish(key: string): (text: string) => string {
  return (text) => {
    const wish = wishOf([{ key, value: text }])
    if (!wish.ok) throw new InvalidArgumentError(`It may be ${wish.fault.message.replace(/^.*: it may be /, '')}.`)
    return text
  }
}

function readHoldMs(text: string): number {
  const holdMs = readDurationMs(text)
  if (holdMs > holdMaxMs) throw new InvalidArgumentError(`Expected at most ${holdMaxMs / 60_000}m.`)
  return holdMs
}

function readName(text: string): string {
  const error = idError(text)
  if (error !== null || text.length > 200) throw new InvalidArgumentError(error ?? 'Expected at most 200 characters.')
  return text
}

async function run(words: readonly [string, ...string[]], flags: RunFlags): Promise<number> {
  const wrong = flagsError(flags)
  if (wrong !== null) {
    say(wrong)
    return wrongUsageStatus
  }
  const connected = connect(flags)
  if (!connected.ok) return sayFault(connected.fault)
  const { master, token } = connected.value
  const spec = jobSpec(words, flags)
  let job: Job | null = null
  let isAway = false
  const subscription = new Subscription({
    client: master,
    framework: frameworkInfo(spec),
    // A gang is asked for; what comes unasked would only be sent back.
    suppressedRoles: spec.gang === null ? [] : [spec.role],
    random: systemRandom,
    reconnectMaxMs,
    events: {
      event: (event) => {
        if (isAway && event.type === 'SUBSCRIBED') say('the master is back')
        isAway = false
        job?.handle(event)
      },
      interrupted: (fault) => {
        isAway = true
        say(`${fault.message}; trying again, the tasks keep running`)
      },
      ended: (fault) => job?.fail(fault),
    },
  })
  job = new Job({ spec, runId: randomBytes(4).toString('hex'), token, master, subscription })
  const running = job
  const stopListening = onEndRequest((signal, times) => {
    if (times > 1) return running.abandon(endSignalStatus[signal])
    say('ending the job; once more to leave at once')
    running.stop(endSignalStatus[signal])
  })
  const onReaderGone = () => running.stop(endSignalStatus.SIGHUP)
  process.stdout.on('error', onReaderGone)
  process.stderr.on('error', onReaderGone)
  const timer = flags.timeout === undefined ? null : setTimeout(() => outOfTime(running, flags), flags.timeout)
  const started = await subscription.start()
  const exitStatus = started.ok ? await running.finished : notStarted(started.fault)
  if (timer !== null) clearTimeout(timer)
  await subscription.teardown(goodbyeMaxMs)
  running.close()
  master.close()
  stopListening()
  return exitStatus
}

/** What one flag alone cannot say; the sentence of placement where a wish is wrong. */
function flagsError(flags: RunFlags): string | null {
  const { allOrNothing, same, spread, hold, instances } = flags
  const ofGang =
    same !== undefined ? '--same' : spread !== undefined ? '--spread' : hold !== undefined ? '--hold' : null
  if (allOrNothing === undefined && ofGang !== null) return `${ofGang} needs --all-or-nothing`
  if (same !== undefined && spread !== undefined) return '--same and --spread exclude each other'
  if (allOrNothing !== undefined && instances > gangCountMax) {
    return `--instances may be at most ${gangCountMax} with --all-or-nothing`
  }
  return null
}

/** Wishes as labels of the task, which every client of the API could send. */
function labelsOf(flags: RunFlags): JobSpec['labels'] {
  const { exclusive, numa, linkedGpus, near, nics } = flags
  const wishes: Readonly<Record<string, string | undefined>> = {
    'tepui.cpus': exclusive,
    'tepui.numa': numa,
    'tepui.gpus': linkedGpus === undefined ? undefined : 'linked',
    'tepui.near': near,
    'tepui.nics': nics,
  }
  return Object.entries(wishes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]))
}

function gangOf({ allOrNothing, same, spread, hold }: RunFlags): JobSpec['gang'] {
  if (allOrNothing === undefined) return null
  const racks = same !== undefined ? 'SAME' : spread !== undefined ? 'SPREAD' : 'ANY'
  return { racks, holdSeconds: hold === undefined ? null : hold / 1000 }
}

function outOfTime(job: Job, flags: RunFlags): void {
  say(`not done after ${(flags.timeout ?? 0) / 1000} s; ending the job`)
  job.stop(timeoutStatus)
}

function notStarted({ code, message }: Fault): number {
  say(code === 'NET_UNREACHABLE' ? `${message}: ${masterAsked}` : message)
  return 1
}

function jobSpec(words: readonly [string, ...string[]], flags: RunFlags): JobSpec {
  return {
    name:
      flags.name ??
      (basename(words[0])
        .replaceAll(/[^A-Za-z0-9_.-]/g, '_')
        .slice(0, 100) ||
        'job'),
    instances: flags.instances,
    command: words,
    cpus: flags.cpus,
    memMebibytes: flags.mem,
    gpus: flags.gpus ?? 0,
    diskMebibytes: flags.disk ?? 0,
    role: flags.role,
    user: flags.user ?? ownUser(),
    asUser: flags.user ?? null,
    environment: flags.env ?? [],
    labels: labelsOf(flags),
    gang: gangOf(flags),
  }
}

function frameworkInfo(spec: JobSpec): FrameworkInfo {
  return {
    user: spec.user,
    name: `tepui run ${spec.name}`,
    roles: [spec.role],
    checkpoint: true,
    failover_timeout: failoverSeconds,
    capabilities: [
      { type: 'MULTI_ROLE' },
      { type: 'PARTITION_AWARE' },
      { type: 'TASK_KILLING_STATE' },
      { type: 'RESERVATION_REFINEMENT' },
      // Without it a machine with GPUs offers nothing at all, and it may be the only one.
      { type: 'GPU_RESOURCES' },
    ],
  }
}

function ownUser(): string {
  try {
    return userInfo().username
  } catch {
    // No entry in the user database.
    return `${process.getuid?.() ?? 0}`
  }
}
