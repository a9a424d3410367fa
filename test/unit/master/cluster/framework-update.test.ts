import { describe, expect, test } from 'vitest'
import type { FrameworkInfo, SchedulerCallUpdateFramework } from '../../../../src/mesos/types.ts'
import { TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'

function update(
  framework: TestScheduler,
  info: Partial<FrameworkInfo>,
  more: Partial<SchedulerCallUpdateFramework> = {},
) {
  const update_framework = { framework_info: { ...framework.info, ...info }, ...more }
  return framework.call({ type: 'UPDATE_FRAMEWORK', update_framework })
}

describe('UPDATE_FRAMEWORK', () => {
  test.each([
    ['user', { user: 'other' }],
    ['checkpoint', { checkpoint: false }],
    ['principal', { principal: 'other' }],
    ['id', { id: { value: 'other' } }],
    ['a role that is none', { roles: ['/a'] }],
    ['failover_timeout', { failover_timeout: -1 }],
  ])('U01 a change of %s that may not be: 400, and nothing changes', (_what, info) => {
    const rack = new TestCluster()
    const events = rack.operator()
    const framework = rack.framework()
    const before = rack.view.framework(framework.id)?.info
    expect(update(framework, info)).toMatchObject({ status: 400, message: expect.stringMatching(/\w/) })
    expect(rack.view.framework(framework.id)?.info).toBe(before)
    expect(events.filter((event) => event.type === 'FRAMEWORK_UPDATED')).toEqual([])
  })

  test('U02 everything else may change, and operators see it', () => {
    const rack = new TestCluster()
    const events = rack.operator()
    const framework = rack.framework()
    const info: Partial<FrameworkInfo> = {
      name: 'new',
      failover_timeout: 7,
      hostname: 'h',
      webui_url: 'http://h',
      labels: { labels: [{ key: 'k' }] },
      capabilities: [{ type: 'MULTI_ROLE' }],
    }
    expect(update(framework, info)).toEqual({ kind: 'reply', requestId: 1, status: 200, message: null })
    expect(events.at(-1)).toMatchObject({
      type: 'FRAMEWORK_UPDATED',
      framework_updated: { framework: { framework_info: info } },
    })
    expect(rack.view.framework(framework.id)?.capabilities).toEqual(new Set(['MULTI_ROLE']))
  })

  test('U03 the same again is 200 and no event', () => {
    const rack = new TestCluster()
    const events = rack.operator()
    const framework = rack.framework()
    expect(update(framework, {}).status).toBe(200)
    expect(events.filter((event) => event.type === 'FRAMEWORK_UPDATED')).toEqual([])
  })

  test('U04 a role that is added brings offers', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework({ roles: [] })
    expect(framework.offers).toEqual([])
    update(framework, { roles: ['a'] })
    rack.settle()
    expect(framework.offer.allocation_info?.role).toBe('a')
  })

  test('U05 a role that is dropped costs its offers: RESCIND', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    update(framework, { roles: [] })
    rack.pass(5_000)
    expect(framework.all('RESCIND')).toMatchObject([{ rescind: { offer_id: framework.offer.id } }])
    expect(framework.offers).toHaveLength(1)
  })

  test('U06 a role that is added suppressed brings none', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework({ roles: [] })
    update(framework, { roles: ['a'] }, { suppressed_roles: ['a'] })
    rack.pass(5_000)
    expect(framework.offers).toEqual([])
  })

  test('U07 a role that is no longer suppressed forgets what it refused', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.decline(framework.offer, 3600)
    framework.call({ type: 'SUPPRESS' })
    update(framework, {})
    rack.pass(1_000)
    expect(framework.offers).toHaveLength(2)
  })

  test('suppressing a role that is not its own: 400', () => {
    const rack = new TestCluster()
    expect(update(rack.framework(), {}, { suppressed_roles: ['other'] }).status).toBe(400)
  })
})
