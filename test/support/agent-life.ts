// One life of something like an agent, to be killed: opens the containers of a work directory, starts the shell commands
// it is given, and says `ID PID` for each that runs. Run as: node agent-life.ts WORKDIR ISOLATION COMMAND...

import { closeInheritedFiles } from '../../src/agent/containers/inherited-files.ts'
import { openContainers, shell } from './containers.ts'

const [workDir = '', isolation = 'auto', ...commands] = process.argv.slice(2)
const closed = closeInheritedFiles()
process.stdout.write(`closed ${closed.join(' ')}\n`)
const containers = await openContainers(workDir, isolation as 'auto' | 'process-group')
for (const [i, command] of commands.entries()) {
  const spec = shell(command, { containerId: `run-${i}` as never, executorId: `task-${i}` as never })
  containers.containerizer.start(spec)
  process.stdout.write(`${spec.containerId} ${await containers.pid(spec.containerId)}\n`)
}
process.stdout.write('all started\n')
// It never ends by itself.
setInterval(() => {}, 1 << 30)
