// `tepui roles` against a real master, and a master's flags as its own process takes them.

import { expect, test } from 'vitest'
import { scratchFolder, Tepui, tepui } from '../support/command.ts'
import { getJson, postMessage } from '../support/http-client.ts'
import { Rack } from '../support/rack.ts'
import { aTaskInfo, scalars } from '../support/scheduler.ts'

test('tepui roles shows weights, quota, what is consumed and who is there, as a table and in JSON', async () => {
  const rack = await Rack.start()
  await rack.agent({ resources: { cpus: 8, mem: 8192 } })
  const call = (message: Parameters<typeof postMessage<'mesos.v1.master.Call'>>[3]) =>
    postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', message)
  await call({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'eng', weight: 2 }] } })
  await call({
    type: 'UPDATE_QUOTA',
    update_quota: {
      quota_configs: [
        { role: 'eng', guarantees: { cpus: { value: 2 } }, limits: { cpus: { value: 4 }, mem: { value: 4096 } } },
      ],
    },
  })
  const framework = await rack.framework({ info: { roles: ['eng'] } })
  const offer = await framework.offer()
  await framework.launch(offer, [aTaskInfo(offer, 't', { resources: scalars({ cpus: 1, mem: 512 }) })], 3600)
  await framework.acknowledge(await framework.reaches('t', 'TASK_RUNNING'))
  const master = ['--master', `${rack.http.host}:${rack.http.port}`]
  const table = await tepui(['roles', ...master])
  expect({ status: table.status, stderr: table.stderr }).toEqual({ status: 0, stderr: '' })
  // 1 of 8 cpus is an eighth, by a weight of 2 a sixteenth.
  expect(table.stdout.split('\n')).toEqual([
    'ROLE  WEIGHT  SHARE  FRAMEWORKS  CONSUMED             GUARANTEE  LIMIT',
    '*          1     0%           0  -                    -          -',
    'eng        2   6.3%           1  1 cpus, 512 MiB mem  2 cpus     4 cpus, 4 GiB mem',
    '',
  ])
  const { stdout } = await tepui(['roles', '--json', ...master])
  expect(JSON.parse(stdout)).toMatchObject([
    { name: '*' },
    {
      name: 'eng',
      weight: 2,
      frameworks: [framework.frameworkId],
      guarantee: { cpus: 2 },
      limit: { cpus: 4, mem: 4096 },
      consumed: { cpus: 1, mem: 512 },
    },
  ])
})

test('a master takes its weights and roles from its flags and shows them as they were given', async () => {
  using folder = scratchFolder()
  const flags = ['--weights', 'a=2', '--roles', 'a,b', '--offer-timeout', '5secs', '--role-sorter', 'random']
  await using master = new Tepui([
    'master',
    '--http-port',
    '0',
    '--mqtt-port',
    '0',
    '--work-dir',
    folder.path,
    ...flags,
  ])
  const started = await master.said(/"http":\{"host":"[^"]+","port":(\d+)/)
  const address = { host: '127.0.0.1', port: Number(started[1]) }
  expect((await getJson(address, '/flags')).flags).toMatchObject({
    weights: 'a=2',
    roles: 'a,b',
    'offer-timeout': '5secs',
    'role-sorter': 'random',
  })
  const { roles } = (await getJson(address, '/roles')) as { roles: { name: string; weight: number }[] }
  expect(roles.map(({ name, weight }) => [name, weight])).toEqual([
    ['*', 1],
    ['a', 2],
    ['b', 1],
  ])
})
