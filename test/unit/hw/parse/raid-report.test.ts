import { describe, expect, it } from 'vitest'
import { celsiusOf, memberHealth, volumeHealth } from '../../../../src/hw/parse/raid-report.ts'

describe('states of volumes', () => {
  it.each([
    ['Optl', 'ok'],
    ['Optimal', 'ok'],
    ['Okay (OKY)', 'ok'],
    ['OK', 'ok'],
    ['Normal', 'ok'],
    ['functional', 'ok'],
    ['Dgrd', 'degraded'],
    ['Pdgd', 'degraded'],
    ['Partially Degraded', 'degraded'],
    ['Degraded (DGD)', 'degraded'],
    ['Interim Recovery Mode', 'degraded'],
    ['Ready for recovery operation', 'degraded'],
    ['Waiting for Rebuild', 'degraded'],
    ['OfLn', 'failed'],
    ['OffLn', 'failed'],
    ['Offline', 'failed'],
    ['Failed', 'failed'],
    ['Failed (FLD)', 'failed'],
    ['REBUILDING', 'rebuilding'],
    ['Recovering, 12% complete', 'rebuilding'],
    ['Rec', 'rebuilding'],
    ['DEGRADED RESYNC_IN_PROGRESS', 'rebuilding'],
    ['INITIALIZING', 'busy'],
    ['VERIFYING', 'busy'],
    ['Transforming, 3% complete', 'busy'],
    ['Optimal, Background Init', 'busy'],
    ['constructively confused', null],
    ['', null],
  ])('%s is %s', (state, health) => expect(volumeHealth(state)).toBe(health))
})

describe('states of members', () => {
  it.each([
    ['Onln', 'ok'],
    ['Online, Spun Up', 'ok'],
    ['Unconfigured(good), Spun down', 'ok'],
    ['Hotspare, Spun down', 'ok'],
    ['UGood', 'ok'],
    ['JBOD', 'ok'],
    ['Optimal (OPT)', 'ok'],
    ['OK', 'ok'],
    ['UBad', 'failed'],
    ['Unconfigured(bad)', 'failed'],
    ['Offln', 'failed'],
    ['Failed', 'failed'],
    ['Defunct', 'failed'],
    ['DEGRADED', 'failed'],
    ['Predictive Failure', 'predicted'],
    ['SMART-FAILURE', 'predicted'],
    ['Rbld', 'busy'],
    ['Rebuild', 'busy'],
    ['Cpybck', 'busy'],
    ['ONLINE OUT_OF_SYNC', 'busy'],
    ['Msng', 'missing'],
    ['NOT-PRESENT', 'missing'],
    ['Okapi', null],
    ['', null],
  ])('%s is %s', (state, health) => expect(memberHealth(state)).toBe(health))
})

it('temperatures are read with the unit that a tool gives them', () => {
  expect([' 28C (82.40 F)', '27', '27 C/ 80 F (Normal)', 'N/A', '0C', '', '82 F'].map(celsiusOf)).toEqual([
    28,
    27,
    27,
    null,
    null,
    null,
    null,
  ])
})
