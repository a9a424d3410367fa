import { describe, expect, it } from 'vitest'
import { parseNvidiaSize, parseNvidiaSmi } from '../../../../src/hw/parse/nvidia-smi.ts'

const gpu = (inside: string) => `<nvidia_smi_log><driver_version>535.54</driver_version>
  <gpu id="00000000:4F:00.0">${inside}</gpu></nvidia_smi_log>`

function read(inside: string) {
  const reading = parseNvidiaSmi(gpu(inside))
  if (reading.kind !== 'known' || reading.value.gpus[0] === undefined) throw new Error(JSON.stringify(reading))
  return reading.value.gpus[0]
}

it('a GPU is described by what its driver has', () => {
  const inside = `<product_name>NVIDIA H100</product_name><uuid>GPU-1</uuid><serial>1650124014249</serial>
    <vbios_version>96.00.A5.00.01</vbios_version><mig_mode><current_mig>Disabled</current_mig></mig_mode>
    <mig_devices> None </mig_devices><inforom_version><img_version>G520.0200.00.05</img_version></inforom_version>
    <gsp_firmware_version>590.48.01</gsp_firmware_version><ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode>
    <pci><pci_bus_id>00000000:4F:00.0</pci_bus_id></pci><fb_memory_usage><total>81559 MiB</total></fb_memory_usage>
    <gpu_power_readings><current_power_limit>650.50 W</current_power_limit></gpu_power_readings>
    <max_clocks><sm_clock>1980 MHz</sm_clock><mem_clock>2619 MHz</mem_clock></max_clocks>`
  expect(parseNvidiaSmi(gpu(inside))).toMatchObject({ kind: 'known', value: { driverVersion: '535.54' } })
  expect(read(inside)).toMatchObject({
    uuid: 'GPU-1',
    serial: '1650124014249',
    model: 'NVIDIA H100',
    pciAddress: '0000:4f:00.0',
    memoryBytes: 81559 * 1024 ** 2,
    vbios: '96.00.A5.00.01',
    gspFirmware: '590.48.01',
    inforom: 'G520.0200.00.05',
    isEccOn: true,
    powerLimitWatts: 650.5,
    clockMaxMhz: 1980,
    memoryClockMaxMhz: 2619,
    isMig: false,
    instances: [],
  })
})

it.each(['N/A', '[N/A]', '[Unknown Error]', 'GPU is lost', 'Requested functionality has been deprecated', 'ERR!', ''])(
  '%j in the place of a fact is no fact',
  (text) => {
    const names = ['product_name', 'uuid', 'serial', 'vbios_version', 'gsp_firmware_version']
    const inside = `${names.map((name) => `<${name}>${text}</${name}>`).join('')}
      <ecc_mode><current_ecc>${text}</current_ecc></ecc_mode><max_clocks><sm_clock>${text}</sm_clock></max_clocks>
      <fb_memory_usage><total>${text}</total></fb_memory_usage>
      <power_readings><power_limit>${text}</power_limit></power_readings>`
    const facts = read(inside)
    expect(facts).toMatchObject({
      uuid: null,
      serial: null,
      model: null,
      memoryBytes: null,
      vbios: null,
      gspFirmware: null,
      isEccOn: null,
      powerLimitWatts: null,
      clockMaxMhz: null,
    })
  },
)

it('before schema 12.2 the power limit had another place', () => {
  const old =
    '<power_readings><power_limit>300.00 W</power_limit><enforced_power_limit>200.00 W</enforced_power_limit></power_readings>'
  expect(read(old).powerLimitWatts).toBe(200)
  expect(read('<power_readings><power_limit>300.00 W</power_limit></power_readings>').powerLimitWatts).toBe(300)
  expect(read('<power_readings><power_limit>300,00 W</power_limit></power_readings>').powerLimitWatts).toBe(null)
})

it('a serial number of zeros is none', () => {
  expect(read('<serial>0000000000000</serial>').serial).toBe(null)
})

it('instances keep the numbers by which they are asked for', () => {
  const inside = `<mig_mode><current_mig>Enabled</current_mig></mig_mode><mig_devices><mig_device><index>1</index>
    <gpu_instance_id>9</gpu_instance_id><compute_instance_id>0</compute_instance_id>
    <device_attributes><shared><multiprocessor_count>16</multiprocessor_count></shared></device_attributes>
    <fb_memory_usage><total>9984 MiB</total></fb_memory_usage></mig_device></mig_devices>
    <fb_memory_usage><total>81559 MiB</total></fb_memory_usage>`
  expect(read(inside)).toMatchObject({
    isMig: true,
    memoryBytes: 81559 * 1024 ** 2,
    instances: [
      { index: 1, gpuInstanceId: 9, computeInstanceId: 0, multiprocessors: 16, memoryBytes: 9984 * 1024 ** 2 },
    ],
  })
})

describe('health', () => {
  it('counts uncorrected errors under the names of every generation', () => {
    const ecc = (inside: string) => read(`<ecc_errors><volatile>${inside}</volatile></ecc_errors>`).health
    expect(ecc('<sram_uncorrectable>1</sram_uncorrectable><dram_uncorrectable>2</dram_uncorrectable>')).toMatchObject({
      uncorrectedVolatile: 3,
      uncorrectedAggregate: null,
    })
    const parity = '<sram_uncorrectable_parity>1</sram_uncorrectable_parity>'
    expect(ecc(`${parity}<sram_uncorrectable_secded>N/A</sram_uncorrectable_secded>`).uncorrectedVolatile).toBe(1)
    const old = '<double_bit><device_memory>1</device_memory><total>4</total></double_bit>'
    expect(ecc(`<single_bit><total>9</total></single_bit>${old}`).uncorrectedVolatile).toBe(4)
    expect(ecc('<sram_uncorrectable>N/A</sram_uncorrectable>').uncorrectedVolatile).toBe(null)
    expect(ecc('<sram_correctable>7</sram_correctable>').uncorrectedVolatile).toBe(null)
  })

  it('names what waits for a reset and what cannot be repaired', () => {
    const { health } = read(`<remapped_rows><remapped_row_pending>Yes</remapped_row_pending>
      <remapped_row_failure>Yes</remapped_row_failure></remapped_rows>
      <retired_pages><pending_retirement>No</pending_retirement><pending_blacklist>Yes</pending_blacklist>
      <double_bit_retirement><retired_count>3</retired_count></double_bit_retirement></retired_pages>`)
    expect(health).toMatchObject({
      pending: ['pending_blacklist', 'remapped_row_pending'],
      failed: ['remapped_row_failure'],
      retiredPages: 3,
    })
  })

  it('takes heat and power for throttling, and neither idling nor a limit that somebody set', () => {
    const reasons = (group: string, reason: string) =>
      read(
        `<${group}>${['gpu_idle', 'sw_power_cap', 'hw_slowdown', 'sw_thermal_slowdown', 'sync_boost']
          .map((name) => `<${reason}_${name}>Active</${reason}_${name}>`)
          .join('')}<${reason}_hw_thermal_slowdown>Not Active</${reason}_hw_thermal_slowdown></${group}>`,
      ).health.throttling
    expect(reasons('clocks_throttle_reasons', 'clocks_throttle_reason')).toEqual([
      'clocks_throttle_reason_hw_slowdown',
      'clocks_throttle_reason_sw_thermal_slowdown',
    ])
    expect(reasons('clocks_event_reasons', 'clocks_event_reason')).toHaveLength(2)
  })

  it.each([
    ['<gpu_recovery_action>None</gpu_recovery_action>', null],
    ['<gpu_recovery_action>Drain and Reset</gpu_recovery_action>', 'Drain and Reset'],
    ['<gpu_reset_status><reset_required>Yes</reset_required></gpu_reset_status>', 'Reset required'],
    ['<gpu_reset_status><reset_required>No</reset_required></gpu_reset_status>', null],
    ['<gpu_recovery_action>[Unknown Error]</gpu_recovery_action>', null],
    ['', null],
  ])('of %s the driver wants %j', (inside, action) => {
    expect(read(inside).health.recoveryAction).toBe(action)
  })

  it.each([
    ['<state>N/A</state><status>N/A</status>', []],
    ['<state>Completed</state><status>Success</status>', []],
    ['<state>In Progress</state><status>N/A</status>', ['fabric state: In Progress']],
    ['<state>Completed</state><status>Insufficient Resources</status>', ['fabric status: Insufficient Resources']],
    [
      '<state>Completed</state><status>Success</status><health><bandwidth>Degraded</bandwidth></health>',
      ['fabric bandwidth: Degraded'],
    ],
    ['<state>Completed</state><status>Success</status><health><bandwidth>Full</bandwidth></health>', []],
  ])('of the fabric %s complains of %j', (inside, complaints) => {
    expect(read(`<fabric>${inside}</fabric>`).health.fabric).toEqual(complaints)
  })

  it('sees that a GPU does not answer any more', () => {
    expect(read('<temperature><gpu_temp>GPU is lost</gpu_temp></temperature>').health.lost).toBe('GPU is lost')
    const one = '<fan_speed>[Unknown Error]</fan_speed><performance_state>[Unknown Error]</performance_state>'
    expect(read(one).health.lost).toBe(null)
    const two = `${one}<temperature><gpu_temp>[Unknown Error]</gpu_temp></temperature>`
    expect(read(two).health.lost).toBe('performance_state, gpu_temp: Unknown Error')
  })
})

it('another document is implausible', () => {
  expect(parseNvidiaSmi('<html><body/></html>').kind).toBe('implausible')
  expect(parseNvidiaSmi('NVIDIA-SMI has failed because it could not communicate').kind).toBe('implausible')
  expect(parseNvidiaSmi(`<nvidia_smi_log>${'<gpu/>'.repeat(300)}</nvidia_smi_log>`).kind).toBe('implausible')
})

it.each(['N/A', '[N/A]', '', '80 apples', '0 MiB'])('the size %j is unknown', (text) => {
  expect(parseNvidiaSize(text).kind).toBe('absent')
})
