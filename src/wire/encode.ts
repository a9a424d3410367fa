// Messages to bytes, refused here where the other side would have to refuse them.

import type { Result } from '../model/result.ts'
import { frameBytesMax, healthBytesMax, inventoryBytesMax, registerBytesMax, statusBytesMax } from './bounds.ts'
import { formatJson } from './json.ts'
import type { AgentHealth, AgentInventory, AgentStatus, DownFrame, UpFrame } from './messages.ts'

/** WIRE_TOO_LARGE: a task with a huge description, or an agent with too many tasks. */
export function encodeUpFrame(frame: UpFrame): Result<Uint8Array> {
  return formatJson(frame, frame.message?.kind === 'register' ? registerBytesMax : frameBytesMax)
}

export function encodeDownFrame(frame: DownFrame): Result<Uint8Array> {
  return formatJson(frame, frameBytesMax)
}

export function encodeStatus(status: AgentStatus): Result<Uint8Array> {
  return formatJson(status, statusBytesMax)
}

export function encodeInventory(inventory: AgentInventory): Result<Uint8Array> {
  return formatJson(inventory, inventoryBytesMax)
}

export function encodeHealth(health: AgentHealth): Result<Uint8Array> {
  return formatJson(health, healthBytesMax)
}
