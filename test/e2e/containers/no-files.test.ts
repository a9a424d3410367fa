// An agent that may open no more files, as under a flood of connections, mistakes nothing for gone and does not die.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { aWorkDir, removeWorkDir } from '../../support/containers.ts'

const script = join(import.meta.dirname, '..', '..', 'support', 'no-files-left.ts')

test('with no file left a start fails, and who cannot be looked at counts as alive', () => {
  const workDir = aWorkDir()
  try {
    const limited = 'ulimit -n 64 && exec "$@"'
    const done = spawnSync('/bin/sh', ['-c', limited, 'sh', process.execPath, script, workDir], { encoding: 'utf8' })
    expect(done.stderr).toBe('')
    expect(JSON.parse(done.stdout)).toEqual({ isAlive: true, isGroupEmpty: false, tree: null, heard: ['failed'] })
  } finally {
    removeWorkDir(workDir)
  }
})
