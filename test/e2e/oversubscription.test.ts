// Revocable CPUs with real processes: what a task leaves idle is measured and offered, a task runs on it, and goes when
// the holder wants it back.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Resource } from '../../src/mesos/types.ts'
import { scratchFolder, Tepui } from '../support/command.ts'
import { Rack } from '../support/rack.ts'
import { amount, aTaskInfo, modernCapabilities, scalars } from '../support/scheduler.ts'

const revocable = (cpus: number): Resource[] => scalars({ cpus }).map((item) => ({ ...item, revocable: {} }))
const isRevocable = ({ revocable: it }: Resource) => it !== undefined

test('idle CPUs are offered a second time, and who runs on them goes when the holder works', async () => {
  using folder = scratchFolder()
  const rack = await Rack.start()
  const { host, port } = rack.master.mqttAddress
  const args = ['--master', `${host}:${port}`, '--http-port', '0', '--work-dir', join(folder.path, 'agent')]
  await using agent = new Tepui(
    [
      'agent',
      ...args,
      '--resources',
      'cpus:1;mem:512',
      '--oversubscribe',
      '--oversubscribed-resources-interval',
      '200ms',
    ],
    {},
  )
  const capabilities = [...modernCapabilities, 'REVOCABLE_RESOURCES' as const].map((type) => ({ type }))
  const framework = await rack.framework({ info: { capabilities } })
  const first = await framework.offer()
  // It ends by itself when this test breaks off before it is killed.
  const command = {
    value: `while [ ! -e ${folder.path}/work ]; do sleep 0.1; done; timeout 60 sh -c 'while :; do :; done'`,
  }
  const holder = aTaskInfo(first, 'holder', { command, resources: scalars({ cpus: 1, mem: 64 }) })
  await framework.launch(first, [holder])
  await framework.acknowledge(await framework.reaches('holder', 'TASK_RUNNING'))
  const idle = await framework.offer(({ resources = [] }) => resources.some(isRevocable), 30_000)
  expect(amount((idle.resources ?? []).filter(isRevocable), 'cpus')).toBe(0.5)
  const memory =
    amount(idle.resources, 'mem') > 0 ? [] : [await framework.offer(({ resources }) => amount(resources, 'mem') > 0)]
  const user = aTaskInfo(idle, 'user', {
    command: { value: 'sleep 1000' },
    resources: [...revocable(0.5), ...scalars({ mem: 32 })],
  })
  await framework.accept([idle, ...memory], [{ type: 'LAUNCH', launch: { task_infos: [user] } }], 1000)
  await framework.acknowledge(await framework.reaches('user', 'TASK_RUNNING'))
  const work = new Tepui([join(folder.path, 'work')], { program: ['touch'] })
  await work.ended
  const end = await framework.reaches('user', 'TASK_GONE')
  expect(end.reason).toBe('REASON_CONTAINER_PREEMPTED')
  await framework.reconcile([{ taskId: 'holder' }])
  expect((await framework.status('holder')).state).toBe('TASK_RUNNING')
  await framework.send({ type: 'KILL', kill: { task_id: { value: 'holder' } } })
  await framework.acknowledge(await framework.reaches('holder', 'TASK_KILLED'))
  expect(agent.stderr).toBe('')
})
