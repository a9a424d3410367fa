// The flags by which every command that asks a master finds it and shows who it is.
// It does not know what is asked.

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { fail, ok, type Result } from '../../model/result.ts'
import { flag, type HostPort, readHostPort, readPath } from '../command.ts'
import { HttpClient } from './http.ts'

/** Mesos' ports, which clients expect. */
export const masterHttpPort = 5050
export const masterMqttPort = 1883
export const agentHttpPort = 5051

export type MasterFlags = { readonly master: HostPort; readonly tokenFile?: string }

export function addMasterFlags(command: Command): Command {
  return command
    .addOption(
      flag('--master <host:port>', 'HTTP address of the master', readHostPort(masterHttpPort)).default(
        { host: '127.0.0.1', port: masterHttpPort },
        `127.0.0.1:${masterHttpPort}`,
      ),
    )
    .addOption(tokenFileFlag())
}

export function tokenFileFlag() {
  return flag('--token-file <file>', 'file with the token that everybody here shares', readPath)
}

/** A client of the master that the flags name; USAGE when the token cannot be read. */
export function connect(flags: MasterFlags): Result<{ readonly master: HttpClient; readonly token: string | null }> {
  const token = readToken(flags.tokenFile)
  return token.ok ? ok({ master: new HttpClient(flags.master, token.value), token: token.value }) : token
}

/** A longer file is no token. */
const tokenLengthMax = 4096

/** The token in a file, without surrounding white space; null without a file. */
export function readToken(file: string | undefined): Result<string | null> {
  if (file === undefined) return ok(null)
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return fail('USAGE', `the token file ${file} cannot be read (${code})`, { file }, error)
  }
  if (text === '' || text.length > tokenLengthMax || /[^\x21-\x7e]/.test(text)) {
    return fail('USAGE', `the token file ${file} must hold one line of 1 to ${tokenLengthMax} visible characters`, {
      file,
    })
  }
  return ok(text)
}
