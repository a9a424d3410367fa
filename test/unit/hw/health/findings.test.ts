import { expect, it } from 'vitest'
import { Findings } from '../../../../src/hw/health/findings.ts'

it('what is found is said in few words, however much a tool or a file said', () => {
  const findings = new Findings()
  const long = 'x'.repeat(1_000_000)
  const part = { kind: 'machine', name: 'machine', id: null } as const
  findings.symptom('CLOCK_UNSYNCHRONISED', part, { source: long, text: long })
  findings.unchecked('the clock', part, 'HW_TOOL_FAILED', long)
  findings.counter({
    code: 'MEMORY_CORRECTED_ERRORS',
    part,
    source: '/sys/x',
    text: 'errors',
    epoch: 'boot',
    value: 1,
    growthMin: 1,
  })
  const look = findings.look('boot')
  expect(JSON.stringify(look).length).toBeLessThan(5_000)
  expect(look.symptoms[0]?.evidence[0]?.text).toMatch(/^x+…$/)
})

it('a short word stays as it is', () => {
  const findings = new Findings()
  const part = { kind: 'machine', name: 'machine', id: null } as const
  findings.symptom('CLOCK_UNSYNCHRONISED', part, { source: 'chronyc', text: 'follows no server' })
  expect(findings.look(null).symptoms[0]?.evidence).toEqual([{ source: 'chronyc', text: 'follows no server' }])
})
