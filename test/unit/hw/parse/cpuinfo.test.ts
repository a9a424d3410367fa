import { describe, expect, it } from 'vitest'
import { armPartName } from '../../../../src/hw/parse/arm-parts.ts'
import { parseCpuinfo } from '../../../../src/hw/parse/cpuinfo.ts'

function first(text: string) {
  const reading = parseCpuinfo(text)
  if (reading.kind !== 'known') throw new Error(reading.kind)
  return { architecture: reading.value.architecture, ...reading.value.blocks[0] }
}

describe('/proc/cpuinfo', () => {
  it('names model, family and microcode on x86', () => {
    const text = [
      'processor\t: 3',
      'vendor_id\t: AuthenticAMD',
      'cpu family\t: 21',
      'model name\t: AMD Opteron(tm) Processor 6328  ',
      'microcode\t: 0x6000852',
      'flags\t\t: fpu lm svm',
    ].join('\n')
    expect(first(text)).toEqual({
      architecture: 'x86_64',
      cpu: 3,
      model: 'AMD Opteron(tm) Processor 6328',
      vendor: 'AuthenticAMD',
      family: 21,
      microcode: '0x6000852',
    })
  })

  it.each([
    ['arm64', 'processor: 0\nCPU implementer: 0x41\nCPU architecture: 8\nCPU part: 0xd0c', 'aarch64', 'Neoverse-N1'],
    [
      'an unknown arm64 core',
      'processor: 0\nCPU implementer: 0x99\nCPU architecture: 8\nCPU part: 0x1',
      'aarch64',
      null,
    ],
    [
      's390',
      'vendor_id : IBM/S390\nprocessor 0: version = FF,  identification = 1A, machine = 2964',
      's390x',
      'IBM/S390 machine 2964',
    ],
    ['POWER', 'processor : 0\ncpu : POWER9, altivec supported\nclock : 3800MHz', null, 'POWER9, altivec supported'],
    ['one old POWER processor', 'cpu : 745/755\nclock : 500MHz', null, '745/755'],
    ['RISC-V', 'processor : 0\nhart : 1\nisa : rv64imafdc\nuarch : sifive,u74-mc', 'riscv64', 'sifive,u74-mc'],
    ['MIPS', 'processor : 0\nmodel name : ICT Loongson-3A R3\nisa : mips1 mips64r2\n', 'mips64', 'ICT Loongson-3A R3'],
    [
      'an old ARM kernel',
      'processor : 0\nprocessor : 1\nCPU implementer : 0x50\nCPU architecture: AArch64\nCPU part : 0x000\n',
      'aarch64',
      'X-Gene',
    ],
    ['32-bit x86', 'processor : 0\nmodel name : Atom\nflags : fpu', 'i686', 'Atom'],
    ['old ARM', 'Processor : ARMv7\nprocessor : 0\nHardware : Freescale i.MX6', null, 'Freescale i.MX6'],
  ])('of %s', (_, text, architecture, model) => {
    expect(first(text)).toMatchObject({ architecture, model, cpu: 0 })
  })

  it('is absent when no processor is described', () => {
    for (const text of ['', 'hello', 'processor : many', 'a:b\nc:d']) expect(parseCpuinfo(text).kind).toBe('absent')
  })

  it('keeps CPU numbers that have gaps', () => {
    const reading = parseCpuinfo('processor : 0\n\nprocessor : 88\n')
    expect(reading.kind === 'known' && reading.value.blocks.map((block) => block.cpu)).toEqual([0, 88])
  })
})

it('an ARM core without a name here stays unnamed', () => {
  expect(armPartName('0x41', '0xfff')).toBeNull()
  expect(armPartName('0x43', '0x0af')).toBe('ThunderX2')
})
