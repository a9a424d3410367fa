import { describe, expect, test } from 'vitest'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { parseResources } from '../../../support/resource-text.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

describe('why not', () => {
  const ask = (rack: TestCluster, wanted: string) => rack.view.whyNot(parseResources(wanted))

  test('nobody is there', () => {
    expect(ask(new TestCluster(), 'cpus:1')).toBe('no agent is registered')
  })

  test('nobody is connected', () => {
    const rack = new TestCluster()
    rack.agent().cut()
    expect(ask(rack, 'cpus:1')).toBe('none of the 1 registered agents is connected')
  })

  test('no machine is large enough', () => {
    const rack = new TestCluster()
    rack.agent({ resources: { cpus: 2, mem: 1024 } })
    expect(ask(rack, 'cpus:64')).toBe('asked 64 cpus; the largest machine has 2')
    expect(ask(rack, 'gpus:1')).toBe('asked 1 gpus; no machine has any')
    expect(ask(rack, 'mem:1048576')).toMatch(/^asked 1048576 MiB of mem; the largest machine has \d+ MiB$/)
  })

  test('no machine has everything together', () => {
    const rack = new TestCluster()
    rack.agent({ resources: { cpus: 8, mem: 64 } })
    rack.agent({ resources: { cpus: 1, mem: 4096 } })
    expect(ask(rack, 'cpus:4;mem:1024')).toMatch(/^no machine has all of .* together$/)
  })

  test('the machines are busy, or on offer to others, or there is room', () => {
    const rack = new TestCluster()
    rack.agent({ resources: { cpus: 4, mem: 1024 } })
    expect(ask(rack, 'cpus:3')).toBeNull()
    const framework = rack.framework()
    expect(ask(rack, 'cpus:3')).toMatch(/on offer to other frameworks/)
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't', { resources: scalars({ cpus: 2 }) })], 3600)
    expect(ask(rack, 'cpus:3')).toMatch(/busy with other tasks/)
    expect(ask(rack, 'cpus:2')).toBeNull()
  })
})
