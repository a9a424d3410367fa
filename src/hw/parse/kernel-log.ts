// The kernel's log as `dmesg --raw` prints it: `<3>[   12.345678] text`, oldest first.

export type KernelLine = {
  /** Syslog priority: 0 is an emergency, 3 an error, 4 a warning, 6 information. */
  readonly priority: number
  /** Seconds since the kernel started. */
  readonly atSeconds: number
  readonly text: string
}
export type KernelLog = readonly KernelLine[]

/** The kernel's own buffer is rarely larger; of a longer log the newest lines are kept. */
export const kernelLinesMax = 50_000

/** Lines of one message: a driver's notice has a handful. */
const messageLinesMax = 16

/**
 * Lines that are not the kernel's form are left out: user space may write into the log as well. A message of several
 * lines, whose others dmesg indents below its prefix, is one text.
 */
export function parseKernelLog(text: string): KernelLog {
  const lines: KernelLine[] = []
  let more = 0
  for (const line of text.split('\n').slice(-kernelLinesMax)) {
    const match = /^<(\d{1,3})>\[ *(\d{1,12})\.(\d{6})\] (.*)$/.exec(line)
    if (match === null) {
      const last = lines.at(-1)
      const rest = /^ {12,40}(\S.*)$/.exec(line)?.[1]
      if (rest === undefined || last === undefined || more-- <= 0) more = 0
      else lines.splice(-1, 1, { ...last, text: `${last.text} ${rest}` })
      continue
    }
    more = 0
    const [, prefix, seconds, micros, said] = match as unknown as [string, string, string, string, string]
    // The prefix holds facility * 8 + priority; facility 0 is the kernel itself.
    if (Number(prefix) > 7) continue
    more = messageLinesMax
    lines.push({ priority: Number(prefix), atSeconds: Number(seconds) + Number(micros) / 1e6, text: said })
  }
  return lines
}
