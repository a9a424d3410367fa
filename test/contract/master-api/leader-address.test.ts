// What the master says of where it is, which clients follow to it.

import { isIPv4 } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startMaster } from '../../../src/master/main.ts'

test.each(['0.0.0.0', '127.0.0.1'])(
  'a master that listens on %s names an address that can be connected to',
  async (host) => {
    const started = await startMaster({
      host,
      httpPort: 0,
      mqttPort: 0,
      workDir: null,
      token: 'token',
      version: '1',
      log: () => {},
      flags: {},
    })
    if (!started.ok) throw new Error(started.fault.message)
    onTestFinished(() => started.value.close())
    const { address, pid, ip } = started.value.view.config.masterInfo
    expect(isIPv4(address?.ip ?? '')).toBe(true)
    expect(address?.ip).not.toBe('0.0.0.0')
    expect(pid).toBe(`master@${address?.ip}:${started.value.httpAddress.port}`)
    expect(ip).not.toBe(0)
  },
)
