// Machines made of what udev and other tools printed: the files of /sys, /proc and /run that the same kernel would show.
// Only what the print says is put there; nothing is made up.

import type { FakeFile } from '../../support/fake-machine.ts'

type Files = Record<string, FakeFile>

export type UdevRecord = {
  readonly path: string
  readonly name: string
  readonly properties: ReadonlyMap<string, string>
}

/** Records of `udevadm info --export-db` (or `udevadm info`), block devices only. */
export function blockRecords(text: string): readonly UdevRecord[] {
  return text.split(/\n\s*\n/).flatMap((record) => {
    const properties = new Map(
      [...record.matchAll(/^E: ([^=\n]+)=(.*)$/gm)].map((row) => [row[1] as string, row[2] as string]),
    )
    const path = properties.get('DEVPATH')
    const isBlock = properties.get('SUBSYSTEM') === 'block' && properties.has('DEVTYPE')
    return isBlock && path !== undefined ? [{ path, name: path.slice(path.lastIndexOf('/') + 1), properties }] : []
  })
}

export function isWhole(record: UdevRecord): boolean {
  return record.properties.get('DEVTYPE') === 'disk'
}

/** The files that the kernel and udev would show of these devices. */
export function filesOfRecords(records: readonly UdevRecord[]): Files {
  const files: Files = {}
  for (const record of records) {
    const { path, name, properties } = record
    const folder = `/sys${path}`
    const get = (key: string) => properties.get(key)
    const number = get('PARTN') ?? get('ID_PART_ENTRY_NUMBER')
    const uevent = ['MAJOR', 'MINOR', 'DEVTYPE'].map((key) => (get(key) === undefined ? '' : `${key}=${get(key)}\n`))
    files[`${folder}/uevent`] = `${uevent.join('')}${number === undefined ? '' : `PARTN=${number}\n`}`
    const entry = [...properties].map(([key, value]) => `E:${key}=${value}\n`).join('')
    if (get('MAJOR') !== undefined) files[`/run/udev/data/b${get('MAJOR')}:${get('MINOR')}`] = entry
    if (!isWhole(record)) continue
    files[`/sys/block/${name}`] = { link: folder }
    if (!path.startsWith('/devices/virtual/block/')) {
      const device = path.replace(/\/(block\/)?[^/]+$/, '')
      files[`${folder}/device`] = { link: `/sys${device}` }
      files[`/sys${device}/uevent`] = ''
    }
    if (get('DM_NAME') !== undefined) files[`${folder}/dm/name`] = `${get('DM_NAME')}\n`
    if (get('DM_UUID') !== undefined) files[`${folder}/dm/uuid`] = `${get('DM_UUID')}\n`
    if (get('MD_LEVEL') !== undefined) {
      files[`${folder}/md/level`] = get('MD_LEVEL') === 'container' ? '\n' : `${get('MD_LEVEL')}\n`
      const metadata = get('MD_METADATA')
      if (metadata !== undefined)
        files[`${folder}/md/metadata_version`] = /^\d/.test(metadata) ? metadata : `external:${metadata}`
    }
    // The paths that are hidden from everybody have no number.
    if (get('MAJOR') === undefined) files[`${folder}/hidden`] = '1\n'
  }
  return files
}

/** What a mockup of many commands and files says: udev's records, files, and who stands on whom. */
export function filesOfMockup(xml: string): { readonly files: Files; readonly records: readonly UdevRecord[] } {
  const parts = [...xml.matchAll(/<(Command|File)>(.*?)<\/\1>/gs)].map((match) => {
    const body = match[2] as string
    const lines = [...body.matchAll(/<(?:stdout|content)>(.*?)<\/(?:stdout|content)>/gs)].map((line) =>
      plain(line[1] as string),
    )
    return { names: [...body.matchAll(/<name>(.*?)<\/name>/g)].map((name) => plain(name[1] as string)), lines }
  })
  const linesOf = (pattern: RegExp) => parts.filter(({ names }) => names.some((name) => pattern.test(name)))
  const exported = linesOf(/udevadm info /).map(({ lines }) => lines.join('\n'))
  const known = blockRecords(
    exported.map((text) => (text.includes('E: SUBSYSTEM') ? text : `${text}\nE: SUBSYSTEM=block`)).join('\n\n'),
  )
  const details = linesOf(/mdadm --detail --export /).map(
    ({ lines }) => new Map(lines.map((line) => line.split('=') as [string, string])),
  )
  const records = known.map((record) => {
    const detail = details.find((one) => one.get('MD_UUID') === record.properties.get('MD_UUID') && one.has('MD_UUID'))
    return detail === undefined ? record : { ...record, properties: new Map([...record.properties, ...detail]) }
  })
  const files = filesOfRecords(records)
  for (const { names, lines } of parts) {
    if (/^\/(sys|proc)\//.test(names[0] ?? '')) files[names[0] as string] = `${lines.join('\n')}\n`
  }
  const byNumber = new Map(
    records.map(({ name, properties }) => [`${properties.get('MAJOR')}:${properties.get('MINOR')}`, name]),
  )
  for (const line of linesOf(/dmsetup table/).flatMap((part) => part.lines)) {
    const upper = records.find((record) => record.properties.get('DM_NAME') === line.split(': ')[0])
    for (const [number] of line.matchAll(/\b\d+:\d+\b/g)) {
      const lower = byNumber.get(number)
      if (upper !== undefined && lower !== undefined) files[`/sys${upper.path}/slaves/${lower}/x`] = ''
    }
  }
  for (const { path, properties } of records) {
    for (const [key, value] of properties) {
      if (/^MD_DEVICE_\w+_DEV$/.test(key)) files[`/sys${path}/slaves/${value.replace('/dev/', '')}/x`] = ''
    }
  }
  return { files, records }
}

function plain(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}
