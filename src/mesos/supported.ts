// What a task may ask for that this version cannot do. Asked by the master, so that the framework hears TASK_ERROR
// with a reason, and again by the agent, which trusts nobody. Silence would be worse: a task whose health check is
// never run looks healthy.

import type { TaskInfo } from './types.ts'

/** The first thing in a task that cannot be honoured, as a sentence; null when it can be run as asked. */
export function unsupportedReason(task: TaskInfo): string | null {
  const { executor, command, container, health_check, check } = task
  if (executor !== undefined) return 'custom executors are not supported: give the task a command'
  if ((command?.uris?.length ?? 0) > 0) return 'fetching URIs is not supported: remove command.uris'
  if (container !== undefined) return 'containers with images, volumes or networks are not supported: remove container'
  if (health_check !== undefined) return 'health checks are not supported: remove health_check'
  if (check !== undefined) return 'checks are not supported: remove check'
  if (command?.environment?.variables?.some((variable) => variable.type === 'SECRET')) {
    return 'secrets in the environment are not supported: give a plain value'
  }
  return null
}
