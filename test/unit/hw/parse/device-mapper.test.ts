import { describe, expect, it } from 'vitest'
import { dashed, parseLvmName, parseMapperUuid, parseRaidStatus } from '../../../../src/hw/parse/device-mapper.ts'

describe('device mapper', () => {
  it.each([
    ['LVM-8Bwyu3HKrv5s', { kind: 'lvm', uuid: '8Bwyu3HKrv5s', level: null, partition: null }],
    ['mpath-3600508b1001c', { kind: 'multipath', uuid: '3600508b1001c', level: null, partition: null }],
    ['part12-mpath-3600', { kind: 'dm', uuid: 'part12-mpath-3600', level: null, partition: 12 }],
    ['DMRAID-isw_a', { kind: 'dmraid', uuid: 'isw_a', level: null, partition: null }],
    ['CRYPT-PLAIN-swap', { kind: 'crypt', uuid: null, level: 'PLAIN', partition: null }],
    ['CRYPT-LUKS1-015684908910 4c31', { kind: 'crypt', uuid: null, level: 'LUKS1', partition: null }],
    [
      'CRYPT-LUKS2-0156849089104c3184bdb4ddb53858c0-luks-x',
      { kind: 'crypt', uuid: '01568490-8910-4c31-84bd-b4ddb53858c0', level: 'LUKS2', partition: null },
    ],
    ['stratis-1-private', { kind: 'dm', uuid: 'stratis-1-private', level: null, partition: null }],
    ['', { kind: 'dm', uuid: null, level: null, partition: null }],
  ])('UUID %j', (uuid, identity) => {
    expect(parseMapperUuid(uuid)).toEqual(identity)
  })

  it.each([
    ['vg-lv', { group: 'vg', volume: 'lv' }],
    ['a--b-c--d', { group: 'a-b', volume: 'c-d' }],
    ['vg_foo.4059-lv_foo.4059', { group: 'vg_foo.4059', volume: 'lv_foo.4059' }],
    ['novolume', null],
    ['a--b', null],
    ['', null],
  ])('LVM name %j', (name, parts) => {
    expect(parseLvmName(name)).toEqual(parts)
  })

  it('UUIDs have one form, and zeros are none', () => {
    expect(dashed('28901EFC:88e7c780:5346ef73:afb394c8')).toBe('28901efc-88e7-c780-5346-ef73afb394c8')
    expect([dashed('00000000:00000000:00000000:00000000'), dashed('other'), dashed(null)]).toEqual([
      null,
      'other',
      null,
    ])
  })

  it('RAID status has a letter a device', () => {
    const line = 'data-home--2: 0 2097152 raid raid5_ls 3 AaD 12/2097152 recover 0 0 -'
    expect(parseRaidStatus(`${line}\nvg-x: 0 10 linear \nNo devices found\n`)).toEqual([
      { label: 'data-home-2', level: 'raid5_ls', health: 'AaD', action: 'recover' },
    ])
    expect(parseRaidStatus('vg-x: 0 10 raid raid1 3 AA 1/1 idle 0 0 -')).toEqual([])
  })
})
