// The command's manners without any rack: help, wrong usage, a master that is not there, nonsense in the flags.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder, tepui } from '../support/command.ts'

const commands = [
  'up',
  'run',
  'probe',
  'nodes',
  'tasks',
  'frameworks',
  'roles',
  'offers',
  'logs',
  'kill',
  'drain',
  'reactivate',
  'master',
  'agent',
]

test('--help lists every command, and each command has its own', async () => {
  const { status, stdout, stderr } = await tepui(['--help'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  for (const name of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  const helps = await Promise.all(commands.map((name) => tepui([name, '--help'])))
  expect(helps.map((help) => [help.status, help.stderr])).toEqual(commands.map(() => [0, '']))
  expect(helps.every((help, i) => help.stdout.startsWith(`Usage: tepui ${commands[i]}`))).toBe(true)
})

test('--version prints the version of package.json', async () => {
  const { status, stdout } = await tepui(['--version'])
  expect({ status, isVersion: /^\d+\.\d+\.\d+\n$/.test(stdout) }).toEqual({ status: 0, isVersion: true })
})

test.each([
  [[]],
  [['fly']],
  [['--fly']],
  [['run']],
  [['run', '--cpus', 'many', 'true']],
  [['run', '--cpus', '-1', 'true']],
  [['run', '--env', 'A', 'true']],
  [['run', '--instances', '0', 'true']],
  [['run', '--timeout', 'soon', 'true']],
  [['up', '--http-port', '99999']],
  [['up', '--offer-timeout', 'never']],
  [['master', '--weights', 'a=0']],
  [['master', '--weights', 'a']],
  [['master', '--roles', 'a//b']],
  [['master', '--min-allocatable-resources', 'cpus']],
  [['master', '--role-sorter', 'alphabet']],
  [['up', 'extra']],
  [['agent', '--isolation', 'none']],
  [['nodes', '--master', 'http://x:1']],
  [['logs']],
  [['logs', 'task', '-f', '--json']],
  [['kill']],
  [['drain']],
  [['drain', 'n1', '--max-grace', 'soon']],
  [['reactivate']],
  [['probe', '--bogus']],
  [['up', '--work-dir', '']],
])('wrong usage is one line on standard error and status 2: tepui %j', async (args) => {
  const { status, stdout, stderr } = await tepui(args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^tepui: [^\n]+\n$/)
})

test('a wrong value in the environment is wrong usage too, and names the variable', async () => {
  const { status, stderr } = await tepui(['up'], { env: { TEPUI_HTTP_PORT: 'x' } })
  expect(status).toBe(2)
  expect(stderr).toMatch(/^tepui: [^\n]*TEPUI_HTTP_PORT[^\n]*\n$/)
})

test.each([
  [['fly'], 'tepui --help'],
  [['run'], 'tepui run --help'],
  [['probe', '--bogus'], 'tepui probe --help'],
])('wrong usage says where the right one is told: tepui %j', async (args, help) => {
  expect((await tepui(args)).stderr).toContain(`see \`${help}\``)
})

test('a variable that says no switches its flag off', async () => {
  for (const TEPUI_JSON of ['0', 'false', '']) {
    const { stdout } = await tepui(['probe'], { env: { TEPUI_JSON } })
    expect(stdout).not.toMatch(/^\{/)
  }
  const { stdout } = await tepui(['probe'], { env: { TEPUI_JSON: '1' } })
  expect(stdout).toMatch(/^\{/)
})

test.each([
  [['nodes']],
  [['tasks']],
  [['frameworks']],
  [['roles']],
  [['offers']],
  [['logs', 'x']],
  [['kill', 'x']],
  [['run', 'true']],
])('a master that is not there is one line and status 1: tepui %j', async ([name = '', ...rest]) => {
  // Port 1 of this machine: nobody listens there.
  const { status, stdout, stderr } = await tepui([name, '--master', '127.0.0.1:1', ...rest])
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^tepui: 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)[^\n]*`tepui up`[^\n]*\n$/)
})

test.each([
  ['a token file that is not there', ['--token-file', '/nowhere/token'], /token file/],
  ['an open door without a token', ['--host', '0.0.0.0'], /--token-file/],
  ['resources of nonsense', ['--resources', 'cpus:many'], /cpus/],
  ['attributes of nonsense', ['--attributes', ':::'], /attribute/],
  ['an address of another machine', ['--host', '192.0.2.1', '--token-file', 'TOKEN'], /192\.0\.2\.1/],
])('%s ends tepui up with one line and status 1', async (_claim, args, words) => {
  using folder = scratchFolder()
  const token = join(folder.path, 'token')
  writeFileSync(token, 'secret\n')
  const ports = ['--http-port', '0', '--mqtt-port', '0', '--agent-port', '0', '--work-dir', join(folder.path, 'state')]
  const { status, stderr } = await tepui(['up', ...ports, ...args.map((arg) => (arg === 'TOKEN' ? token : arg))])
  expect(status).toBe(1)
  expect(stderr).toMatch(/^tepui: [^\n]+\n$/)
  expect(stderr).toMatch(words)
  expect(stderr).not.toContain('secret')
})
