// Names and identities of parts, which comparisons of machines and conditions share.

import { expect, test } from 'vitest'
import { diskRef, gpuRef, nicRef, partsOf, volumeRef } from '../../../src/hw/parts.ts'
import { aDisk, aGpu, aNic, anInventory, aVolume } from '../../support/inventories.ts'

test('namespaces of one NVMe drive are told apart, and a drive without a serial number by its world-wide name', () => {
  expect(['nvme0n1', 'nvme0n2', 'sda'].map((name) => diskRef(aDisk(name, 'S1')).id)).toEqual(['S1', 'S1 n2', 'S1'])
  expect(diskRef(aDisk('sda', null, { wwn: 'naa.5' })).id).toBe('naa.5')
})

test('volumes are called as people call them', () => {
  expect(volumeRef(aVolume('dm-0', { label: 'data-root', uuid: 'U' }))).toMatchObject({ name: 'data-root', id: 'U' })
  expect(volumeRef(aVolume('md127', { kind: 'md', label: '0' })).name).toBe('md127')
  expect(volumeRef(aVolume('dm-1', {})).name).toBe('dm-1')
})

test('a port keeps the identity that was burnt in, a GPU its UUID', () => {
  const nic = aNic('eth0', { mac: '02:00:00:00:00:01', permanentMac: '00:11:22:33:44:55' })
  expect([nicRef(nic).id, nicRef({ ...nic, permanentMac: null }).id]).toEqual([nic.permanentMac, nic.mac])
  expect(gpuRef(aGpu('0000:3b:00.0', 'GPU-1'))).toEqual({ kind: 'gpu', name: '0000:3b:00.0', id: 'GPU-1' })
})

test("a hypervisor's port is not missed when it is taken away, a card's is", () => {
  const drivers = ['mlx5_core', 'virtio_net', 'ena', 'vmxnet3', null]
  const nics = drivers.map((driver, i) => aNic(`eth${i}`, { driver, pciAddress: `0000:0${i}:00.0` }))
  const fixed = partsOf(anInventory({ nics })).flatMap(({ ref, isFixed }) => (ref.kind === 'nic' ? [isFixed] : []))
  expect(fixed).toEqual([true, false, false, false, true])
})
