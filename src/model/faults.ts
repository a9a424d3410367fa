// The one registry of fault codes: what can go wrong in the world, each with what a person should know.
// Codes are stable and banded by area. A tidy test holds this list and docs/faults.md together.

export const faultCodes = {
  // The machine: reading /sys, /proc and tools.
  HW_UNREADABLE: 'A file or tool output that should describe the hardware could not be read.',
  HW_IMPLAUSIBLE: 'The system claims something that cannot be true of a machine.',
  HW_UNKNOWN: 'Nothing on the machine says this about the hardware.',
  HW_CONFLICT: 'Two sources disagree about the same hardware.',
  HW_NEEDS_ROOT: 'Reading this needs a right that the process does not have.',
  HW_TOOL_MISSING: 'A tool that would know is not installed.',
  HW_TOOL_FAILED: 'A tool that should know failed or printed something unexpected.',
  HW_BAD_DOCUMENT: 'A file that should be an inventory document is none.',
  HW_NOT_A_MACHINE: 'The given root does not hold the /sys and /proc of a Linux machine.',
  HW_BAD_CAPTURE: 'A captured machine is no archive, is damaged, or is larger than what is read.',
  // The private contract over MQTT.
  WIRE_MALFORMED: 'A message is not what its topic promises.',
  WIRE_TOO_LARGE: 'A message is larger than its bound.',
  WIRE_VERSION: 'The other side speaks a version of the contract that this side does not know.',
  WIRE_OVERFLOW: 'A bounded queue towards the other side is full.',
  // The public API.
  API_MALFORMED: 'The body of a request is not a valid message.',
  API_REFUSED: 'The other side understood a request and refuses it.',
  // Operations on resources: reservations and volumes.
  RESOURCES_MISSING: 'An operation takes resources that are not there.',
  // The agent.
  AGENT_REFUSED: 'The master refuses this agent.',
  AGENT_LAUNCH_FAILED: 'A task could not be started.',
  AGENT_RESERVED: 'The machine offers less than is reserved on it or made into persistent volumes.',
  AGENT_VOLUME: 'The directory of a persistent volume could not be made, removed or linked.',
  AGENT_UNSUPPORTED: 'A task asks for something that this agent cannot do.',
  WHITELIST_UNREADABLE: 'The list of machines that may be offered cannot be read.',
  // Placing tasks on a machine.
  PLACEMENT_WISH: 'A label of a task wishes for something that there is not.',
  PLACEMENT_IMPOSSIBLE: 'The machine can never give a task what it wishes for.',
  PLACEMENT_TAKEN: 'The machine cannot give a task what it wishes for now.',
  // Storage.
  STORE_UNREADABLE: 'Stored state could not be read.',
  STORE_UNWRITABLE: 'State could not be stored.',
  STORE_IN_USE: 'Another process keeps its state in this work directory.',
  // Starting up.
  NET_ADDRESS_IN_USE: 'A port is taken by another process.',
  NET_UNREACHABLE: 'The other side cannot be reached.',
  NET_UNPROTECTED: 'Listening beyond this machine without credentials.',
  USAGE: 'A command was called with wrong arguments.',
} as const

export type FaultCode = keyof typeof faultCodes
