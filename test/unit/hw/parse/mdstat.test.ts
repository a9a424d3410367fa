import { expect, it } from 'vitest'
import { parseMdstat } from '../../../../src/hw/parse/mdstat.ts'

it('arrays are listed with members, counts and what goes on', () => {
  const text = [
    'Personalities : [raid1] [raid6]',
    'md6 : active (auto-read-only) raid6 sdb1[0] sde1[3](S) sdc1[1](F)',
    '      7813735424 blocks super 1.2 level 6, 512k chunk, algorithm 2 [4/3] [U_UU]',
    '      [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec',
    '      bitmap: 0/30 pages [0KB], 65536KB chunk',
    '',
    'md127 : inactive sda[1](S) sdb[0](S)',
    '      5288 blocks super external:imsm',
    '',
    'unused devices: <none>',
  ].join('\n')
  expect(parseMdstat(text)).toEqual([
    {
      name: 'md6',
      isActive: true,
      isReadOnly: true,
      level: 'raid6',
      members: [
        { name: 'sdb1', isFaulty: false, isSpare: false },
        { name: 'sde1', isFaulty: false, isSpare: true },
        { name: 'sdc1', isFaulty: true, isSpare: false },
      ],
      sizeBytes: 7813735424 * 1024,
      metadata: '1.2',
      wanted: 4,
      working: 3,
      action: 'recovery',
    },
    {
      name: 'md127',
      isActive: false,
      isReadOnly: false,
      level: null,
      members: [
        { name: 'sda', isFaulty: false, isSpare: true },
        { name: 'sdb', isFaulty: false, isSpare: true },
      ],
      sizeBytes: 5288 * 1024,
      metadata: 'external:imsm',
      wanted: null,
      working: null,
      action: null,
    },
  ])
})

it.each(['', 'Personalities : \nunused devices: <none>\n', 'md0 : strange\n', 'x md0 : active raid1\n'])(
  '%j has no array',
  (text) => {
    expect(parseMdstat(text)).toEqual([])
  },
)
