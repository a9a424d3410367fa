// The names of AMD's GPUs: libdrm's file amdgpu.ids, lines `device id,<tab>revision,<tab>name`. Needed where the board does
// not carry its own name, which is most boards that are no accelerators.

/** By `device:revision`, lower-case hexadecimal without `0x`. */
export function parseAmdgpuIds(text: string): ReadonlyMap<string, string> {
  const found = text.split('\n').flatMap((line) => {
    const match = /^([0-9A-Fa-f]{1,4}),\s{0,8}([0-9A-Fa-f]{1,2}),\s{0,8}(\S.{0,119})$/.exec(line.trimEnd())
    return match === null ? [] : [[amdgpuIdKey(match[1] as string, match[2] as string), match[3] as string] as const]
  })
  return new Map(found)
}

export function amdgpuIdKey(device: string, revision: string): string {
  const plain = (text: string) => text.toLowerCase().replace(/^0x/, '')
  return `${plain(device).padStart(4, '0')}:${plain(revision).padStart(2, '0')}`
}
