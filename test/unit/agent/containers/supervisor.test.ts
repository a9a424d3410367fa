import { describe, expect, test } from 'vitest'
import {
  type LaunchRequest,
  launchError,
  launcherScript,
  launchPlan,
  supervisorScript,
} from '../../../../src/agent/containers/supervisor.ts'

const tools = {
  setsid: '/usr/bin/setsid',
  env: '/usr/bin/env',
  setpriv: '/usr/bin/setpriv',
  bash: '/bin/bash',
  taskset: null,
  numactl: null,
}
const request: LaunchRequest = {
  runDirectory: '/run',
  supervisorProcsFile: null,
  taskProcsFiles: ['/a/cgroup.procs', '/b/cgroup.procs'],
  affinity: null,
  policy: [],
  command: { kind: 'shell', value: 'echo "$(id)"' },
  environment: {},
  user: null,
}

/** The arguments after the supervisor's script and name. */
const words = (over: Partial<LaunchRequest>, with_ = tools) => launchPlan({ ...request, ...over }, with_).argv.slice(3)

describe('what is spawned', () => {
  test('the scripts are constants; a command is one argument among others', () => {
    const plan = launchPlan(request, tools)
    expect(plan.argv.slice(0, 3)).toEqual(['-c', supervisorScript, 'tepui-supervisor'])
    expect(plan.argv.slice(3)).toEqual([
      ...['/run', '-', '-', '-', '2', '/a/cgroup.procs', '/b/cgroup.procs', '/usr/bin/setsid'],
      ...['/bin/sh', '-c', launcherScript, 'tepui', '0', '/bin/sh', '-c', 'echo "$(id)"'],
    ])
  })

  test('variables travel beside the command line, under names that mean nothing to anybody', () => {
    const plan = launchPlan({ ...request, environment: { LD_PRELOAD: 'x.so', SECRET: 's' } }, tools)
    expect(plan.environment).toEqual({ TEPUI_0: 'LD_PRELOAD=x.so', TEPUI_1: 'SECRET=s' })
    expect(plan.argv.join(' ')).not.toContain('x.so')
  })

  test.each(['a.b', 'a-b', '1a', 'TEPUI_1', 'tepui_n', 'PWD', 'UID', '_', 'BASH_ENV', 'é'])(
    'the variable %s, which sh would drop or change, goes through env',
    (name) => {
      const plan = launchPlan({ ...request, environment: { A: '1', [name]: '2' } }, tools)
      expect(plan.environment).toEqual({ TEPUI_0: 'A=1' })
      expect(plan.argv.slice(-6)).toEqual(['/usr/bin/env', '--', `${name}=2`, '/bin/sh', '-c', 'echo "$(id)"'])
    },
  )

  test('another user is become after the cgroups and the session, before the launcher', () => {
    expect(words({ user: { uid: 33, gid: 44 }, taskProcsFiles: [], supervisorProcsFile: '/s' }).slice(0, 14)).toEqual([
      ...['/run', '/s', '-', '-', '0', '/usr/bin/setsid', '/usr/bin/setpriv', '--reuid', '33', '--regid', '44'],
      ...['--init-groups', '--', '/bin/sh'],
    ])
  })

  test('affinity is set before the run is claimed, the memory policy by the task itself', () => {
    const affinity = { taskset: '/usr/bin/taskset', cpus: '1,3' }
    const policy = ['/usr/bin/numactl', '--interleave=0-1']
    const over = { affinity, policy, taskProcsFiles: [], user: { uid: 33, gid: 44 } }
    expect(words(over).slice(0, 5)).toEqual(['/run', '-', '/usr/bin/taskset', '1,3', '0'])
    expect(words(over).slice(11, 16)).toEqual(['--init-groups', '--', ...policy, '/bin/sh'].slice(0, 5))
  })

  test('what the agent says of a grant travels like any variable', () => {
    const plan = launchPlan({ ...request, environment: { TEPUI_GRANTED_CPUS: '0-1' } }, tools)
    expect(plan.environment).toEqual({ TEPUI_0: 'TEPUI_GRANTED_CPUS=0-1' })
  })

  test('a name other than the program is argv[0] where bash is there to give it', () => {
    const command = { kind: 'exec', path: '/bin/busybox', argv: ['ls', '-l'] } as const
    expect(words({ command }).slice(-4)).toEqual(['0', 'ls', '/bin/busybox', '-l'])
    expect(words({ command }, { ...tools, bash: null as never }).slice(-3)).toEqual(['0', '/bin/busybox', '-l'])
  })

  test('without arguments a program gets its path as argv[0]', () => {
    expect(words({ command: { kind: 'exec', path: '/bin/x', argv: [] } }).slice(-2)).toEqual(['0', '/bin/x'])
  })
})

describe('what is refused', () => {
  test.each([
    [{ command: { kind: 'shell', value: 'a\0b' } as const }, 'NUL'],
    [{ command: { kind: 'exec', path: '', argv: [] } as const }, 'empty'],
    [{ command: { kind: 'exec', path: 'x', argv: ['x', '\0'] } as const }, 'NUL'],
    [{ environment: { '': 'x' } }, 'name'],
    [{ environment: { 'a=b': 'x' } }, 'a=b'],
    [{ environment: { 'a\0': 'x' } }, 'NUL'],
    [{ command: { kind: 'exec', path: '/a=b', argv: [] } as const, environment: { 'x.y': '' } }, 'x.y'],
  ])('%o', (over, why) => {
    expect(launchError({ ...request, ...over })).toContain(why)
  })

  test('nothing that can be passed on', () => {
    expect(launchError({ ...request, environment: { A: '', 'x.y': '\n' } })).toBeNull()
    expect(launchError({ ...request, command: { kind: 'exec', path: '/a=b', argv: [''] } })).toBeNull()
  })
})
