// What a tool that ran has answered: its output, or why there is none in the tool's own words. It does not know what was
// asked; tools that answer although they fail (ethtool, ipmitool) are told apart by whoever asks.

import { type Fault, fault, ok, type Result } from '../../model/result.ts'
import type { Source, ToolOptions, ToolOutput } from './source.ts'

/** What a tool printed. Faults are those of `Source.run`, and of `refusal` where it did not end with 0. */
export function printed(source: Source, argv: readonly string[], options: ToolOptions): Result<string> {
  const done = source.run(argv, options)
  if (!done.ok) return done
  return done.value.exitCode === 0 ? ok(done.value.stdout) : { ok: false, fault: refusal(argv, done.value) }
}

/** HW_NEEDS_ROOT or HW_TOOL_FAILED, with the first line of what the tool complained of. */
export function refusal(argv: readonly string[], { stderr, exitCode }: ToolOutput): Fault {
  const tool = argv[0] ?? ''
  const said = stderr.trim().split('\n', 1)[0]?.slice(0, lineCharactersMax) || `ended with ${exitCode} and said nothing`
  const code = /\b(denied|not permitted|must be root|requires root)\b/i.test(said) ? 'HW_NEEDS_ROOT' : 'HW_TOOL_FAILED'
  return fault(code, said.startsWith(`${tool}:`) ? said : `${tool}: ${said}`, { argv })
}

const lineCharactersMax = 200
