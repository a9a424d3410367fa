// What a task status means for whoever waits for the task: still going, never started, or over with an exit status and
// perhaps a sentence. Pure; it does not know how statuses arrive.

import type { TaskStatus } from '../../mesos/types.ts'

export type Outcome =
  | { readonly kind: 'going'; readonly isRunning: boolean; readonly notice: string | null }
  /** It never started, and that was nobody's fault: an offer was withdrawn in the same moment. */
  | { readonly kind: 'dropped'; readonly why: string }
  /** It never started: this machine cannot grant what it wishes for, now or ever; another one may. */
  | { readonly kind: 'refused'; readonly why: string; readonly isForEver: boolean }
  /** `hasRun`: its command may have been there, for however short a time. */
  | { readonly kind: 'over'; readonly exitStatus: number; readonly notice: string | null; readonly hasRun: boolean }

/** How a command that was asked to run and could not is reported, as shells do. */
const failureStatus = 1

/** `hasBegun`: an earlier status said that the task is on its machine. */
export function outcomeOf(status: TaskStatus, hasBegun: boolean): Outcome {
  const exitStatus = ownExitStatus(status)
  const hasRun = !neverRan(status)
  switch (status.state) {
    case 'TASK_STAGING':
    case 'TASK_STARTING':
    case 'TASK_KILLING':
      return { kind: 'going', isRunning: false, notice: null }
    case 'TASK_RUNNING':
      return { kind: 'going', isRunning: true, notice: null }
    case 'TASK_UNREACHABLE':
      return {
        kind: 'going',
        isRunning: false,
        notice: 'the task’s machine is not reachable; waiting for it to come back',
      }
    case 'TASK_DROPPED':
      return { kind: 'dropped', why: sentence(status) }
    case 'TASK_GONE':
      // The launch was lost with a connection: the machine is here and has never heard of the task.
      return status.reason === 'REASON_RECONCILIATION' && !hasBegun
        ? { kind: 'dropped', why: sentence(status) }
        : lost(status)
    case 'TASK_ERROR': {
      const fault = labelsOf(status).get('tepui.fault')
      return fault === 'PLACEMENT_TAKEN' || fault === 'PLACEMENT_IMPOSSIBLE'
        ? { kind: 'refused', why: sentence(status), isForEver: fault === 'PLACEMENT_IMPOSSIBLE' }
        : lost(status)
    }
    case 'TASK_FINISHED':
      return { kind: 'over', exitStatus: exitStatus ?? 0, notice: null, hasRun }
    case 'TASK_FAILED':
      // A command that simply exited with a status of its own needs no words of ours.
      return status.reason === 'REASON_COMMAND_EXECUTOR_FAILED' && exitStatus !== null
        ? { kind: 'over', exitStatus, notice: null, hasRun }
        : { kind: 'over', exitStatus: exitStatus || failureStatus, notice: sentence(status), hasRun }
    case 'TASK_KILLED':
      return { kind: 'over', exitStatus: exitStatus || failureStatus, notice: sentence(status), hasRun }
    default:
      return lost(status)
  }
}

function lost(status: TaskStatus): Outcome {
  return { kind: 'over', exitStatus: failureStatus, notice: sentence(status), hasRun: !neverRan(status) }
}

/** Only where that is certain: an agent says so of a container that it could not or need not start. */
function neverRan({ state, reason }: TaskStatus): boolean {
  return (
    state === 'TASK_ERROR' ||
    reason === 'REASON_CONTAINER_LAUNCH_FAILED' ||
    reason === 'REASON_TASK_KILLED_DURING_LAUNCH'
  )
}

/** The command's own exit status, 128 and the signal's number when a signal ended it, null when nobody knows. */
function ownExitStatus(status: TaskStatus): number | null {
  const labels = labelsOf(status)
  const code = wholeNumber(labels.get('tepui.exit_code'))
  if (code !== null) return code
  const signal = wholeNumber(labels.get('tepui.signal'))
  return signal === null ? null : 128 + signal
}

function labelsOf(status: TaskStatus): ReadonlyMap<string, string | undefined> {
  return new Map(status.labels?.labels?.map(({ key, value }) => [key, value]))
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : null
}

function sentence(status: TaskStatus): string {
  const words = (status.state ?? '').replace('TASK_', '').toLowerCase().replaceAll('_', ' ')
  const message = status.message ?? ''
  if (status.state === 'TASK_KILLED' && message !== '') return `the task was killed: ${message}`
  return message === '' ? `the task was ${words}` : message
}
