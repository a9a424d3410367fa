// What an offer operation may look like, as far as the message alone can tell.

import { describe, expect, test } from 'vitest'
import type { OfferOperation, Resource } from '../../../src/mesos/types.ts'
import { operationError } from '../../../src/mesos/validate-operation.ts'

function disk(extras: Partial<Resource> = {}): Resource {
  return { name: 'disk', type: 'SCALAR', scalar: { value: 100 }, ...extras }
}

const dynamic = { reservations: [{ type: 'DYNAMIC', role: 'r' }] } as const
const reserved = disk(dynamic)
const provided = { provider_id: { value: 'rp' } }

function aVolume(extras: Partial<Resource> = {}, id = 'v'): Resource {
  const place = { persistence: { id }, volume: { container_path: 'data', mode: 'RW' as const } }
  return disk({ ...dynamic, disk: place, ...extras })
}

const mountVolume = aVolume({ disk: { ...aVolume().disk, source: { type: 'MOUNT', mount: { root: '/m' } } } })
const readOnly = aVolume({ disk: { persistence: { id: 'v' }, volume: { container_path: 'd', mode: 'RO' } } })
const raw = (profile?: string) => disk({ ...provided, disk: { source: { type: 'RAW', ...(profile && { profile }) } } })

const reserve = (...resources: Resource[]): OfferOperation => ({ type: 'RESERVE', reserve: { resources } })
const unreserve = (...resources: Resource[]): OfferOperation => ({ type: 'UNRESERVE', unreserve: { resources } })
const create = (...volumes: Resource[]): OfferOperation => ({ type: 'CREATE', create: { volumes } })
const destroy = (...volumes: Resource[]): OfferOperation => ({ type: 'DESTROY', destroy: { volumes } })
const grow = (volume: Resource, addition: Resource): OfferOperation => ({
  type: 'GROW_VOLUME',
  grow_volume: { volume, addition },
})
const shrink = (volume: Resource, value: number): OfferOperation => ({
  type: 'SHRINK_VOLUME',
  shrink_volume: { volume, subtract: { value } },
})

describe('accepted', () => {
  test.each<[string, OfferOperation]>([
    ['a launch of nothing, which is a decline', { type: 'LAUNCH', launch: {} }],
    ['a reservation', reserve(reserved)],
    ['a reservation of the older kind', reserve(disk({ role: 'r', reservation: { principal: 'p' } }))],
    ['a reservation of what is allocated to the role', reserve(disk({ ...dynamic, allocation_info: { role: 'r' } }))],
    ['an unreservation', unreserve(reserved)],
    ['a volume', create(aVolume())],
    ['two volumes', create(aVolume(), aVolume({}, 'w'))],
    ['the end of a volume', destroy(aVolume())],
    ['growing', grow(aVolume(), reserved)],
    ['shrinking', shrink(aVolume(), 99.9)],
    ['a disk from a profile', { type: 'CREATE_DISK', create_disk: { source: raw('p'), target_type: 'MOUNT' } }],
    [
      'a disk of a provider',
      { type: 'DESTROY_DISK', destroy_disk: { source: disk({ ...provided, disk: { source: { type: 'MOUNT' } } }) } },
    ],
  ])('%s', (_claim, operation) => {
    expect(operationError(operation)).toBeNull()
  })

  test('an operator may name the source of a reservation', () => {
    const operation: OfferOperation = { type: 'RESERVE', reserve: { source: [disk()], resources: [reserved] } }
    expect(operationError(operation, 'operator')).toBeNull()
    expect(operationError(operation, 'framework')).toContain(`'source'`)
  })
})

describe('refused', () => {
  test.each<[string, OfferOperation, string]>([
    ['no type', {}, 'known type'],
    ['no body', { type: 'CREATE', destroy: {} }, `needs 'create'`],
    ['an id on a launch', { type: 'LAUNCH', id: { value: 'o' }, launch: {} }, `'id'`],
    ['reserving nothing', reserve(), 'at least one'],
    ['reserving what is not marked', reserve(disk()), 'not marked'],
    ['reserving statically', reserve(disk({ reservations: [{ type: 'STATIC', role: 'r' }] })), 'not marked'],
    ['reserving for *', reserve(disk({ reservations: [{ type: 'DYNAMIC', role: '*' }] })), 'role *'],
    ['reserving for another role', reserve(disk({ ...dynamic, allocation_info: { role: 'q' } })), `'q'`],
    ['reserving a volume', reserve(aVolume()), 'cannot be reserved'],
    ['reserving of two providers', reserve(reserved, disk({ ...dynamic, ...provided })), 'same provider'],
    ['unreserving what is static', unreserve(disk({ role: 'r' })), 'not dynamically'],
    ['unreserving a volume', unreserve(aVolume()), 'must be destroyed'],
    ['creating what is no volume', create(reserved), 'not a persistent volume'],
    ['creating read-only', create(readOnly), 'mode RW'],
    ['creating on unreserved disk', create(aVolume({ reservations: undefined })), 'reserved disk'],
    ['creating one id twice', create(aVolume(), aVolume({ scalar: { value: 5 } })), 'same persistence id'],
    ['destroying what is no volume', destroy(reserved), 'not a persistent volume'],
    ['growing what is no volume', grow(reserved, reserved), 'not a persistent volume'],
    ['growing by nothing', grow(aVolume(), disk({ ...dynamic, scalar: { value: 0 } })), 'zero'],
    ['growing by another role', grow(aVolume(), disk({ role: 'q' })), 'same role'],
    ['growing by a volume', grow(aVolume(), aVolume({}, 'w')), 'plain disk'],
    ['growing a MOUNT volume', grow(mountVolume, reserved), 'MOUNT'],
    ['growing a shared volume', grow(aVolume({ shared: {} }), reserved), 'shared'],
    ['shrinking by nothing', shrink(aVolume(), 0), 'more than zero'],
    ['shrinking to nothing', shrink(aVolume(), 100), 'less than the volume'],
    ['shrinking to what counts as nothing', shrink(aVolume(), 99.9996), 'less than the volume'],
    ['shrinking a MOUNT volume', shrink(mountVolume, 1), 'MOUNT'],
    ['shrinking a volume of a provider', shrink(aVolume(provided), 1), 'provider'],
    [
      'a disk of no provider',
      { type: 'CREATE_DISK', create_disk: { source: disk(), target_type: 'MOUNT' } },
      'provider',
    ],
    [
      'a disk that is RAW again',
      { type: 'CREATE_DISK', create_disk: { source: raw('p'), target_type: 'RAW' } },
      'MOUNT or BLOCK',
    ],
    [
      'a disk without profile',
      { type: 'CREATE_DISK', create_disk: { source: raw(), target_type: 'MOUNT' } },
      'profile',
    ],
    ['no disk to destroy', { type: 'DESTROY_DISK', destroy_disk: { source: raw('p') } }, 'MOUNT or BLOCK'],
  ])('%s', (_claim, operation, complaint) => {
    expect(operationError(operation)).toContain(complaint)
  })
})
