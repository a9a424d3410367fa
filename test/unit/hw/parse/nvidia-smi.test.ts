import { expect, it } from 'vitest'
import { parseNvidiaSize, parseNvidiaSmi } from '../../../../src/hw/parse/nvidia-smi.ts'

const xml = `<nvidia_smi_log><driver_version>535.54</driver_version>
  <gpu id="00000000:4F:00.0"><product_name>NVIDIA H100</product_name><uuid>GPU-1</uuid>
    <vbios_version>96.00</vbios_version><mig_mode><current_mig>Disabled</current_mig></mig_mode>
    <pci><pci_bus_id>00000000:4F:00.0</pci_bus_id></pci><fb_memory_usage><total>81559 MiB</total></fb_memory_usage></gpu>
  <gpu id="00000000:50:00.0"><product_name>[N/A]</product_name><uuid>N/A</uuid>
    <mig_mode><current_mig>Enabled</current_mig></mig_mode></gpu>
</nvidia_smi_log>`

it('a GPU is described by what its driver has', () => {
  expect(parseNvidiaSmi(xml)).toEqual({
    kind: 'known',
    value: {
      driverVersion: '535.54',
      gpus: [
        {
          uuid: 'GPU-1',
          model: 'NVIDIA H100',
          pciAddress: '0000:4f:00.0',
          memoryBytes: 81559 * 1024 ** 2,
          vbios: '96.00',
          isMig: false,
        },
        { uuid: null, model: null, pciAddress: '0000:50:00.0', memoryBytes: null, vbios: null, isMig: true },
      ],
    },
  })
})

it('another document is implausible', () => {
  expect(parseNvidiaSmi('<html><body/></html>').kind).toBe('implausible')
  expect(parseNvidiaSmi('NVIDIA-SMI has failed because it could not communicate').kind).toBe('implausible')
})

it.each(['N/A', '[N/A]', '', '80 apples', '0 MiB'])('the size %j is unknown', (text) => {
  expect(parseNvidiaSize(text).kind).toBe('absent')
})
