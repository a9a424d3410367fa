// The shell scripts that stand between the agent and a task, and the arguments they get. Both are constants: nothing is
// ever built into them from input; everything comes as arguments or variables. /bin/sh is dash, bash or busybox.
//
// The supervisor is the parent of the task's main process. It lives in a session of its own, outside the task's
// cgroups, so it survives the agent, signals to the task, the task's `kill 0` and the task's out-of-memory kill, and
// writes down how the task ended. The launcher runs last, already as the task's user, and gives the task its exact
// environment: the variables arrive as TEPUI_0=NAME=VALUE ..., so that no LD_PRELOAD of a task acts on a process that
// still is root, and no value stands in a command line that others can read (docs/decisions/0005).

import type { ContainerCommand } from '../core/types.ts'

/**
 * Arguments: run directory, cgroup.procs for itself or `-`, taskset and the CPUs that the task is kept to with it, both
 * `-` where it is not, count of the task's cgroup.procs files, those files, and the command that starts the launcher. Fd 3 takes `supervisor start task start` once the task's process exists.
 * Creating `pid` claims the run: who comes second (here, or an agent that recovers) must not start it.
 * sh reports a signal as 128+n; what it prints about a killed child tells that apart from an exit with such a code. It
 * prints nothing for INT and PIPE, which are therefore always taken as signals. Nothing else may be printed there: not
 * that an agent that died does not hear of the start.
 */
export const supervisorScript = `
run=$1 own=$2 taskset=$3 cpus=$4 groups=$5
shift 5
umask 022
trap : HUP INT QUIT TERM USR1 USR2 ALRM
exec 4>&2 2>"$run/note"
[ "$own" = - ] || echo 0 >"$own" || exit 120
read -r supervisor x x x x x x x x x x x x x x x x x x x x supervisor_start x </proc/self/stat
(
  while [ "$groups" -gt 0 ]; do
    echo 0 >"$1" || exit 120
    shift
    groups=$((groups - 1))
  done
  read -r task x x x x x x x x x x x x x x x x x x x x task_start x </proc/self/stat
  [ "$cpus" = - ] || "$taskset" -p -c "$cpus" "$task" >/dev/null || exit 120
  set -C
  echo "$supervisor $supervisor_start $task $task_start" >"$run/pid" || exit 120
  set +C
  trap '' PIPE
  echo "$supervisor $supervisor_start $task $task_start" >&3 2>/dev/null
  trap - PIPE
  exec 2>&4 3>&- 4>&-
  exec "$@"
)
code=$?
if [ "$code" -gt 128 ] && { [ -s "$run/note" ] || [ "$code" = 130 ] || [ "$code" = 141 ]; }; then
  end="signaled $((code - 128))"
else
  end="exited $code"
fi
set -C
echo "$end" >"$run/exit"
exit "$code"
`

/** Arguments: count of TEPUI_n variables, then the program and its arguments. */
export const launcherScript = `
tepui_n=$1
shift
while [ "$tepui_n" -gt 0 ]; do
  tepui_n=$((tepui_n - 1))
  eval "export \\"\\$TEPUI_$tepui_n\\""
  unset "TEPUI_$tepui_n"
done
unset tepui_n
exec "$@"
`

/** The same for bash, which alone can set argv[0]: arguments are the count, argv[0], the program and the rest. */
export const launcherScriptWithName = `
unset SHLVL PWD OLDPWD
tepui_n=$1 tepui_name=$2
shift 2
while [ "$tepui_n" -gt 0 ]; do
  tepui_n=$((tepui_n - 1))
  eval "export \\"\\$TEPUI_$tepui_n\\""
  unset "TEPUI_$tepui_n"
done
exec -a "$tepui_name" "$@"
`

/** Programs found on this machine; null: there is none. */
export type LaunchTools = {
  readonly setsid: string
  readonly env: string
  readonly setpriv: string | null
  readonly bash: string | null
  readonly taskset: string | null
  readonly numactl: string | null
}

export type LaunchPlan = {
  /** Arguments of /bin/sh. */
  readonly argv: readonly string[]
  /** The supervisor's whole environment. */
  readonly environment: Readonly<Record<string, string>>
}

export type LaunchRequest = {
  readonly runDirectory: string
  readonly supervisorProcsFile: string | null
  readonly taskProcsFiles: readonly string[]
  /** Where the task is kept by affinity and not by its groups. */
  readonly affinity: { readonly taskset: string; readonly cpus: string } | null
  /** Put before the task's program, as its own user: sets what the program inherits. */
  readonly policy: readonly string[]
  readonly command: ContainerCommand
  readonly environment: Readonly<Record<string, string>>
  /** Null: stay who we are. */
  readonly user: { readonly uid: number; readonly gid: number } | null
}

/** What to spawn for one run. A NUL anywhere or an odd pair of program and environment is the caller's to refuse. */
export function launchPlan(request: LaunchRequest, tools: LaunchTools): LaunchPlan {
  const entries = Object.entries(request.environment)
  const plain = entries.filter(([name]) => isPlainName(name))
  const odd = entries.filter(([name]) => !isPlainName(name))
  const { user } = request
  const setpriv =
    user === null
      ? []
      : [tools.setpriv ?? 'setpriv', '--reuid', `${user.uid}`, '--regid', `${user.gid}`, '--init-groups', '--']
  const viaEnv = odd.length === 0 ? [] : [tools.env, '--', ...odd.map(([name, value]) => `${name}=${value}`)]
  return {
    argv: [
      '-c',
      supervisorScript,
      'tepui-supervisor',
      request.runDirectory,
      request.supervisorProcsFile ?? '-',
      request.affinity?.taskset ?? '-',
      request.affinity?.cpus ?? '-',
      `${request.taskProcsFiles.length}`,
      ...request.taskProcsFiles,
      tools.setsid,
      ...setpriv,
      ...request.policy,
      ...launcher(request.command, plain.length, viaEnv, tools),
    ],
    environment: Object.fromEntries(plain.map(([name, value], i) => [`TEPUI_${i}`, `${name}=${value}`])),
  }
}

/** Why this command with this environment cannot be passed on, or null. */
export function launchError(request: Pick<LaunchRequest, 'command' | 'environment'>): string | null {
  const { command, environment } = request
  const program = command.kind === 'shell' ? '/bin/sh' : command.path
  const words = command.kind === 'shell' ? [command.value] : [command.path, ...command.argv]
  if (program === '') return 'the program of the command is empty'
  if (words.some((word) => word.includes('\0'))) return 'the command contains a NUL character'
  for (const [name, value] of Object.entries(environment)) {
    if (name === '' || name.includes('=')) return `'${name}' cannot be the name of an environment variable`
    if (name.includes('\0') || value.includes('\0'))
      return `the environment variable '${name}' contains a NUL character`
    if (!isPlainName(name) && program.includes('=')) {
      return `a program with '=' in its path cannot get the environment variable '${name}'`
    }
  }
  return null
}

function launcher(
  command: ContainerCommand,
  count: number,
  viaEnv: readonly string[],
  tools: LaunchTools,
): readonly string[] {
  if (command.kind === 'shell') {
    return ['/bin/sh', '-c', launcherScript, 'tepui', `${count}`, ...viaEnv, '/bin/sh', '-c', command.value]
  }
  const [name = command.path, ...rest] = command.argv
  if (name === command.path || tools.bash === null || viaEnv.length > 0) {
    return ['/bin/sh', '-c', launcherScript, 'tepui', `${count}`, ...viaEnv, command.path, ...rest]
  }
  return [tools.bash, '-c', launcherScriptWithName, 'tepui', `${count}`, name, command.path, ...rest]
}

/** Names that every sh may export without changing what the scripts do; all others go through env(1). */
function isPlainName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !/^(TEPUI_\d|tepui_|BASH)/.test(name) && !shellNames.has(name)
}

const shellNames = new Set(['UID', 'EUID', 'PPID', 'GROUPS', 'SHELLOPTS', 'OPTIND', 'PWD', 'OLDPWD', 'SHLVL', '_'])
