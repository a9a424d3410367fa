import { expect, test } from 'vitest'
import { type JobSpec, OfferRest, taskInfo, wantedMilli } from '../../../../src/cli/job/spec.ts'
import type { Offer, Resource } from '../../../../src/mesos/types.ts'

const spec: JobSpec = {
  name: 'job',
  instances: 1,
  command: ['sh', '-c', 'true'],
  cpus: 0.5,
  memMebibytes: 64,
  gpus: 0,
  diskMebibytes: 0,
  role: 'r',
  user: 'u',
  asUser: null,
  labels: [],
  gang: null,
  environment: [{ name: 'A', value: 'b' }],
}

function scalar(name: string, value: number, more: Partial<Resource> = {}): Resource {
  return { name, type: 'SCALAR', scalar: { value }, ...more }
}

function offer(...resources: Resource[]): Offer {
  return {
    id: { value: 'o' },
    framework_id: { value: 'f' },
    agent_id: { value: 'a' },
    hostname: 'h',
    resources,
  }
}

test('only what is asked for is wanted, in thousandths', () => {
  expect([...wantedMilli(spec)]).toEqual([
    ['cpus', 500],
    ['mem', 64_000],
  ])
})

test('instances take their parts of an offer until no more fit', () => {
  const rest = new OfferRest(offer(scalar('cpus', 1.2), scalar('mem', 1024)))
  const wanted = wantedMilli(spec)
  expect(rest.take(wanted)).toEqual([scalar('cpus', 0.5), scalar('mem', 64)])
  expect(rest.take(wanted)).toEqual([scalar('cpus', 0.5), scalar('mem', 64)])
  expect(rest.take(wanted)).toBeNull()
})

test('what does not fit takes nothing', () => {
  const rest = new OfferRest(offer(scalar('cpus', 0.5), scalar('mem', 64)))
  expect(
    rest.take(
      new Map([
        ['cpus', 500],
        ['gpus', 1000],
      ]),
    ),
  ).toBeNull()
  expect(rest.take(wantedMilli(spec))).not.toBeNull()
})

test('resources reserved for the role go first and are joined by unreserved ones', () => {
  const reservations = [{ type: 'STATIC' as const, role: 'r' }]
  const rest = new OfferRest(offer(scalar('cpus', 4), scalar('cpus', 0.3, { reservations }), scalar('mem', 64)))
  expect(rest.take(wantedMilli(spec))).toEqual(
    [scalar('cpus', 0.2), scalar('cpus', 0.3, { reservations }), scalar('mem', 64)].sort(
      (a, b) => Number(b.reservations !== undefined) - Number(a.reservations !== undefined),
    ),
  )
})

test('volumes and revocable resources are left alone', () => {
  const volume = { persistence: { id: 'v' }, volume: { container_path: 'p', mode: 'RW' as const } }
  const rest = new OfferRest(offer(scalar('disk', 64, { disk: volume }), scalar('cpus', 1, { revocable: {} })))
  expect(rest.take(new Map([['disk', 1000]]))).toBeNull()
  expect(rest.take(new Map([['cpus', 1000]]))).toBeNull()
})

test('a task runs the program without a shell', () => {
  expect(taskInfo(spec, 't', offer(), [])).toMatchObject({
    task_id: { value: 't' },
    agent_id: { value: 'a' },
    command: {
      shell: false,
      value: 'sh',
      arguments: ['sh', '-c', 'true'],
      environment: { variables: [{ name: 'A', value: 'b' }] },
    },
  })
})

test('a user that was asked for by name is part of the command, so that a machine which cannot become it refuses', () => {
  expect(taskInfo({ ...spec, asUser: 'root' }, 't', offer(), []).command).toMatchObject({ user: 'root' })
  expect(taskInfo(spec, 't', offer(), []).command).not.toHaveProperty('user')
})
