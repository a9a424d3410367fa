// The rules about commands, their environment, and containers (Mesos src/common/validation.cpp), message by message. It
// does not know what an agent can start.

import type {
  CommandInfo,
  ContainerInfo,
  Environment,
  EnvironmentVariable,
  Secret,
  Volume,
  VolumeSource,
} from './types.ts'

/** Why the command is not valid, or null. */
export function commandError(command: CommandInfo): string | null {
  return environmentError(command.environment ?? {})
}

export function environmentError(environment: Environment): string | null {
  for (const variable of environment.variables ?? []) {
    const error = variableError(variable)
    if (error !== null) return `environment variable '${variable.name}': ${error}`
  }
  return null
}

/** Why the container is not valid, or null. */
export function containerError(container: ContainerInfo): string | null {
  for (const volume of container.volumes ?? []) {
    const error = volumeError(volume)
    if (error !== null) return `volume at '${volume.container_path}': ${error}`
  }
  if (container.type !== 'DOCKER') return null
  if (container.docker === undefined) return `a container of type DOCKER needs 'docker'`
  return container.docker.parameters?.some(({ key }) => key === 'name')
    ? `the docker parameter 'name' belongs to the agent`
    : null
}

function variableError({ name, type = 'VALUE', value, secret }: EnvironmentVariable): string | null {
  if (name === '') return 'a variable must have a name'
  switch (type) {
    case 'VALUE':
      if (value === undefined) return `a variable of type VALUE needs 'value'`
      return secret === undefined ? null : `a variable of type VALUE must not have 'secret'`
    case 'SECRET': {
      if (secret === undefined) return `a variable of type SECRET needs 'secret'`
      if (value !== undefined) return `a variable of type SECRET must not have 'value'`
      if (secret.value?.data.includes(0)) return 'the secret of a variable must not contain a zero byte'
      return secretError(secret)
    }
    case 'UNKNOWN':
      return 'the type must be VALUE or SECRET'
  }
}

function secretError({ type, reference, value }: Secret): string | null {
  if (type === 'REFERENCE') {
    return reference !== undefined && value === undefined ? null : `a secret of type REFERENCE is a 'reference' only`
  }
  if (type === 'VALUE') {
    return value !== undefined && reference === undefined ? null : `a secret of type VALUE is a 'value' only`
  }
  return 'the type of a secret must be REFERENCE or VALUE'
}

function volumeError({ container_path, host_path, image, source }: Volume): string | null {
  if (container_path === '') return 'a volume must have a container_path'
  const given = [host_path, image, source].filter((it) => it !== undefined)
  if (given.length !== 1) return `exactly one of 'host_path', 'image' and 'source' must be set`
  return source === undefined ? null : sourceError(source)
}

function sourceError(source: VolumeSource): string | null {
  const needed = {
    DOCKER_VOLUME: 'docker_volume',
    HOST_PATH: 'host_path',
    SANDBOX_PATH: 'sandbox_path',
    SECRET: 'secret',
    CSI_VOLUME: 'csi_volume',
  } as const
  const { type } = source
  if (type === undefined || type === 'UNKNOWN') return 'a volume source must have a known type'
  if (source[needed[type]] === undefined) return `a volume source of type ${type} needs '${needed[type]}'`
  if (type === 'SECRET' && source.secret !== undefined) return secretError(source.secret)
  if (type !== 'SANDBOX_PATH') return null
  const scope = source.sandbox_path?.type
  return scope === 'SELF' || scope === 'PARENT' ? null : 'a sandbox_path must be of type SELF or PARENT'
}
