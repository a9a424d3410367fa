// `POST /api/v1` on the agent (Mesos docs/operator-http-api.md): answers operators' questions. Calls that start or
// attach to containers are answered 501 by name. It decides nothing.

import { decode } from '../../mesos/codec.ts'
import { acceptedContentType, requestContentType } from '../../mesos/http.ts'
import type { AgentCall, AgentResponse, AgentResponseGetTasks, Operation, Task } from '../../mesos/types.ts'
import { type About, flagList, versionInfo } from '../../shell/http-about.ts'
import { sendMessage, sendText } from '../../shell/http-answers.ts'
import type { Endpoint, Exchange } from '../../shell/http-server.ts'
import { fileInfos } from './files.ts'
import type { Metrics } from './metrics.ts'
import {
  agentInfo,
  executorInfo,
  executorName,
  frameworkInfo,
  operationMessage,
  taskInfo,
  taskMessage,
  taskPlace,
} from './records.ts'
import type { FileAnswer, SandboxFiles } from './sandbox-files.ts'
import type { AgentFacts } from './types.ts'

export type OperatorParts = {
  readonly about: About
  readonly metrics: Metrics
  readonly files: SandboxFiles
}

export function operatorEndpoints(parts: OperatorParts): readonly Endpoint<AgentFacts>[] {
  const absent = (path: string, what: string): Endpoint<AgentFacts> => ({
    path,
    method: 'POST',
    realm: 'mesos-agent-readwrite',
    needs: 'nothing',
    handle: ({ reply }) => sendText(reply, 501, `${what} are not implemented`),
  })
  return [
    {
      path: '/api/v1',
      method: 'POST',
      realm: 'mesos-agent-readwrite',
      needs: 'subject',
      takesMessage: true,
      handle: (exchange) => handle(exchange, parts),
    },
    // They exist in Mesos: without their own answer the longest prefix would take them for operators' calls.
    absent('/api/v1/executor', 'custom executors'),
    absent('/api/v1/resource_provider', 'resource providers'),
  ]
}

async function handle({ request, reply, subject: facts }: Exchange<AgentFacts>, parts: OperatorParts) {
  const contentType = requestContentType(request.headers['content-type']) ?? 'application/json'
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
  const decoded = decode(contentType, 'mesos.v1.agent.Call', body)
  if (!decoded.ok) return sendText(reply, 400, decoded.fault.message)
  const call = decoded.value
  const error = callError(call)
  if (error !== null) return sendText(reply, 400, error)
  const accepted = acceptedContentType(request.headers.accept)
  if (accepted === null) {
    return sendText(reply, 406, `expecting 'Accept' to allow application/json or application/x-protobuf`)
  }
  if (call.type === 'LIST_FILES' || call.type === 'READ_FILE') {
    const found = await fileAnswer(call, parts.files)
    return found.ok
      ? sendMessage(reply, accepted, 'mesos.v1.agent.Response', found.value)
      : sendText(reply, found.status, found.message)
  }
  const response = answer(call, facts, parts)
  if (response === null) return sendText(reply, 501, `the call ${call.type} is not implemented`)
  return sendMessage(reply, accepted, 'mesos.v1.agent.Response', response)
}

/** Why the message alone is wrong, a sentence, or null. */
function callError(call: AgentCall): string | null {
  if (call.type === undefined) return 'call.type is required and must be the name of a call'
  if (call.type === 'GET_METRICS' && call.get_metrics === undefined) return 'call.get_metrics is required'
  if (call.type === 'LIST_FILES' && call.list_files === undefined) return 'call.list_files is required'
  if (call.type === 'READ_FILE' && call.read_file === undefined) return 'call.read_file is required'
  return null
}

async function fileAnswer(call: AgentCall, files: SandboxFiles): Promise<FileAnswer<AgentResponse>> {
  if (call.type === 'LIST_FILES') {
    const listed = await files.list(call.list_files?.path ?? '')
    if (!listed.ok) return listed
    return { ok: true, value: { type: 'LIST_FILES', list_files: { file_infos: fileInfos(listed.value) } } }
  }
  const { path = '', offset = 0n, length } = call.read_file ?? {}
  const read = await files.read(path, Number(offset), length === undefined ? null : Number(length))
  if (!read.ok) return read
  const { size, bytes } = read.value
  return { ok: true, value: { type: 'READ_FILE', read_file: { size: BigInt(size), data: bytes } } }
}

/** The response to a question, or null when it is not one that can be answered. */
function answer(call: AgentCall, facts: AgentFacts, { about, metrics }: OperatorParts): AgentResponse | null {
  switch (call.type) {
    case 'GET_HEALTH':
      return { type: 'GET_HEALTH', get_health: { healthy: true } }
    case 'GET_FLAGS':
      return { type: 'GET_FLAGS', get_flags: { flags: flagList(about) } }
    case 'GET_VERSION':
      return { type: 'GET_VERSION', get_version: { version_info: versionInfo() } }
    case 'GET_METRICS':
      return { type: 'GET_METRICS', get_metrics: { metrics: named(metrics.snapshot(facts)) } }
    case 'GET_LOGGING_LEVEL':
      // Mesos' verbosity; 0 is its ordinary one, and ours cannot be changed while running.
      return { type: 'GET_LOGGING_LEVEL', get_logging_level: { level: 0 } }
    case 'GET_AGENT':
      return { type: 'GET_AGENT', get_agent: { agent_info: agentInfo(facts) } }
    case 'GET_TASKS':
      return { type: 'GET_TASKS', get_tasks: getTasks(facts) }
    case 'GET_FRAMEWORKS':
      return { type: 'GET_FRAMEWORKS', get_frameworks: getFrameworks(facts) }
    case 'GET_EXECUTORS':
      return { type: 'GET_EXECUTORS', get_executors: getExecutors(facts) }
    case 'GET_CONTAINERS':
      return { type: 'GET_CONTAINERS', get_containers: getContainers(facts) }
    case 'GET_OPERATIONS':
      return { type: 'GET_OPERATIONS', get_operations: { operations: getOperations(facts) } }
    case 'GET_RESOURCE_PROVIDERS':
      return { type: 'GET_RESOURCE_PROVIDERS', get_resource_providers: {} }
    case 'GET_STATE':
      return {
        type: 'GET_STATE',
        get_state: {
          get_tasks: getTasks(facts),
          get_executors: getExecutors(facts),
          get_frameworks: getFrameworks(facts),
        },
      }
    default:
      return null
  }
}

function getTasks({ view }: AgentFacts): AgentResponseGetTasks {
  const tasks: Record<ReturnType<typeof taskPlace>, Task[]> = { queued: [], launched: [], terminated: [] }
  for (const run of view.runs()) tasks[taskPlace(run)].push(taskMessage(run))
  return { queued_tasks: tasks.queued, launched_tasks: tasks.launched, terminated_tasks: tasks.terminated }
}

function getOperations({ view }: AgentFacts): readonly Operation[] {
  return view.operations().map((report) => operationMessage(report, view))
}

function getFrameworks({ view }: AgentFacts) {
  return { frameworks: [...view.frameworks.values()].map((info) => ({ framework_info: frameworkInfo(info) })) }
}

function getExecutors({ view }: AgentFacts) {
  const live = [...view.runs()].filter((run) => taskPlace(run) !== 'terminated')
  return { executors: live.map((run) => ({ executor_info: executorInfo(run) })) }
}

function getContainers({ view }: AgentFacts) {
  const live = [...view.runs()].filter((run) => taskPlace(run) !== 'terminated')
  return {
    containers: live.map((run) => ({
      framework_id: { value: run.frameworkId },
      executor_id: { value: run.taskId },
      executor_name: executorName(taskInfo(run)),
      container_id: { value: run.containerId },
      container_status: {
        container_id: { value: run.containerId },
        ...(run.pid === null ? {} : { executor_pid: run.pid }),
      },
    })),
  }
}

function named<V>(values: Readonly<Record<string, V>>): { name: string; value: V }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }))
}
