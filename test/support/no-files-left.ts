// A process that has used up the files it may open, to be run under a low `ulimit -n`: says as one line of JSON what the
// containerizer then makes of a process that lives, of a group with members, and of a start.

import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { areGroupsEmpty } from '../../src/agent/containers/cgroup-files.ts'
import { findTree, isAlive, readStat } from '../../src/agent/containers/processes.ts'
import { openContainers, shell } from './containers.ts'

/** The two logs of a sandbox can be opened, but the pipe of a process cannot be made. */
const filesLeft = 3

const [workDir = ''] = process.argv.slice(2)
const self = readStat(process.pid)
if (self === null) throw new Error('this process cannot see itself')
const group = join(workDir, 'group')
mkdirSync(group)
writeFileSync(join(group, 'cgroup.procs'), `${process.pid}\n`)
const { containerizer, heard } = await openContainers(workDir, 'process-group')

const files: number[] = []
try {
  for (;;) files.push(openSync('/dev/null', 'r'))
} catch {
  // None is left.
}
const seen = { isAlive: isAlive(self), isGroupEmpty: areGroupsEmpty([group]), tree: findTree(self, 'none') }
for (const fd of files.splice(0, filesLeft)) closeSync(fd)
containerizer.start(shell('true'))
setTimeout(() => {
  for (const fd of files) closeSync(fd)
  process.stdout.write(`${JSON.stringify({ ...seen, heard: heard.map(({ kind }) => kind) })}\n`)
  void containerizer.close('kill')
}, 100)
