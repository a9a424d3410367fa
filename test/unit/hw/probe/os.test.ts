import { describe, expect, it } from 'vitest'
import { probeOs } from '../../../../src/hw/probe/os.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

const os = (files: Readonly<Record<string, FakeFile>>) =>
  probeOs({ source: fakeMachine({ '/proc/x': '', ...files }), report: new Report() })

const variable = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'

describe('the way it was booted', () => {
  it.each<[string, Readonly<Record<string, FakeFile>>, boolean | null, boolean | null]>([
    ['by UEFI, checked', { [variable]: Uint8Array.from([6, 0, 0, 0, 1]) }, true, true],
    ['by UEFI, unchecked', { [variable]: Uint8Array.from([6, 0, 0, 0, 0]) }, true, false],
    ['by UEFI, which does not say more', { '/sys/firmware/efi/systab': '' }, true, null],
    ['by UEFI, with a variable of another shape', { [variable]: Uint8Array.from([6, 0, 0, 0]) }, true, null],
    ['by a BIOS', { '/sys/firmware/acpi/x': '' }, false, false],
    ['by a device tree alone', { '/sys/firmware/fdt': '', '/sys/firmware/devicetree/base/model': '' }, false, false],
    ['in a way that nobody copied', { '/sys/firmware/dmi/x': '' }, null, null],
    ['in a way that cannot be told', {}, null, null],
  ])('%s', (_, files, isUefi, secureBoot) => {
    expect(os(files)).toMatchObject({ isUefi, secureBoot })
  })
})

it.each<[string, readonly string[]]>([
  ['v2', ['cgroup.controllers', 'memory.stat']],
  ['hybrid', ['unified', 'memory', 'cpuset']],
  ['v1', ['memory', 'cpuset']],
])('cgroups are %s', (cgroup, names) => {
  expect(os(Object.fromEntries(names.map((name) => [`/sys/fs/cgroup/${name}/x`, '']))).cgroup).toBe(cgroup)
})

it('cgroups that are not mounted are none', () => {
  expect(os({ '/sys/fs/cgroup/x': '' }).cgroup).toBeNull()
})
