import { expect, it } from 'vitest'
import { parseZpoolStatus } from '../../../../src/hw/parse/zpool-status.ts'

const text = [
  '  pool: rpool',
  ' state: ONLINE',
  '  scan: scrub repaired 0B in 00:01:02 with 0 errors on Sun Nov  8 00:25:03 2020',
  'config:',
  '',
  '\tNAME                STATE     READ WRITE CKSUM',
  '\trpool               ONLINE       0     0     0',
  '\t  /dev/nvme0n1p3    ONLINE       0     0     0',
  '',
  'errors: No known data errors',
  '',
  '  pool: tank',
  ' state: DEGRADED',
  'status: One or more devices could not be used because the label is missing or',
  '\tinvalid.  Sufficient replicas exist.',
  'config:',
  '',
  '\tNAME                     STATE     READ WRITE CKSUM',
  '\ttank                     DEGRADED     0     0     0',
  '\t  raidz2-0               DEGRADED     0     0     0',
  '\t    /dev/sda1            ONLINE       0     0     0',
  '\t    12345678901234567    UNAVAIL      3  1.2K    71  was /dev/sdb1',
  '\tlogs\t',
  '\t  /dev/nvme1n1p1         ONLINE       0     0     0',
  '\tspares',
  '\t  /dev/sdz1              AVAIL   ',
  '',
  'errors: Permanent errors have been detected in the following files:',
].join('\n')

it('pools are listed with their devices', () => {
  const pools = parseZpoolStatus(text)
  expect(pools.map((pool) => [pool.name, pool.state, pool.devices.length])).toEqual([
    ['rpool', 'ONLINE', 1],
    ['tank', 'DEGRADED', 5],
  ])
  expect(pools[0]?.scan).toMatch(/^scrub repaired/)
  expect(pools[1]?.devices.filter((device) => device.isGroup).map((device) => device.name)).toEqual(['raidz2-0'])
  expect(pools[1]?.devices[2]).toEqual({
    name: '12345678901234567',
    state: 'UNAVAIL',
    errors: { read: '3', write: '1.2K', checksum: '71' },
    isGroup: false,
  })
  expect(pools[1]?.devices.at(-1)).toMatchObject({ name: '/dev/sdz1', state: 'AVAIL', errors: null })
})

it.each(['', 'no pools available\n', '  pool: x\n', ' state: ONLINE\n', '  pool: x\n state: online\n'])(
  '%j has no pool',
  (none) => {
    expect(parseZpoolStatus(none)).toEqual([])
  },
)
