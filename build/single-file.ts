// Makes dist/tepui-linux-x64 and dist/tepui-linux-arm64: one file each that runs without Node (`npm run build`).
// The sources become one bundle, the bundle a blob, and the blob goes into a stripped copy of the pinned Node.
// Why this way: docs/decisions/0001. It knows nothing of what the command does.
//
// Options: --arch x64|arm64 makes only one of them; --out DIR puts them elsewhere.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Both are the same release; package-lock.json pins it and holds the hashes. */
const architectures = ['x64', 'arm64'] as const
type Architecture = (typeof architectures)[number]

/** Tools that can strip a file of the architecture, best first. They come with binutils and LLVM. */
const strippers: Readonly<Record<Architecture, readonly string[]>> = {
  x64: process.arch === 'x64' ? ['strip', 'llvm-strip'] : ['x86_64-linux-gnu-strip', 'llvm-strip'],
  arm64: process.arch === 'arm64' ? ['strip', 'llvm-strip'] : ['aarch64-linux-gnu-strip', 'llvm-strip'],
}

/** The tool that Node's documentation names for putting a blob into a copy of it. */
const postject = join(root, 'node_modules', 'postject', 'dist', 'cli.js')

/** The marker that Node searches in its own file; part of Node's documented interface. */
const sentinelFuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/** Files beside the bundle, by the names that src/cli/picture/raster.ts asks for; packed, because they are large. */
const assetFiles = {
  'resvg.wasm': '@resvg/resvg-wasm/index_bg.wasm',
  'mono.ttf': 'dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf',
  'mono-bold.ttf': 'dejavu-fonts-ttf/ttf/DejaVuSansMono-Bold.ttf',
} as const

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { arch: { type: 'string' }, out: { type: 'string' } } })
  const wanted = architectures.filter((arch) => values.arch === undefined || values.arch === arch)
  if (wanted.length === 0) throw new Error(`--arch is one of ${architectures.join(', ')}`)
  const out = values.out ?? join(root, 'dist')
  const scratch = join(out, '.scratch')
  mkdirSync(scratch, { recursive: true })
  const bundle = await bundleSources(join(scratch, 'tepui.cjs'))
  say(`bundle: ${size(bundle)}`)
  const assets = packAssets(scratch)
  for (const arch of wanted) makeFile(arch, { bundle, assets }, scratch, join(out, `tepui-linux-${arch}`))
  rmSync(scratch, { recursive: true })
}

/** One CommonJS file, because that is what this Node can embed; modules inside still load when first asked for. */
async function bundleSources(outfile: string): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    define: { 'import.meta.url': 'undefined', 'import.meta.dirname': 'undefined' },
  })
  say(`bundled ${Object.keys(result.metafile.inputs).length} modules`)
  return outfile
}

/** @returns their paths by name */
function packAssets(scratch: string): Readonly<Record<string, string>> {
  const packed = Object.entries(assetFiles).map(([name, module]) => {
    const path = join(scratch, name)
    const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS }
    writeFileSync(path, brotliCompressSync(readFileSync(join(root, 'node_modules', module)), { params }))
    say(`${name}: ${size(path)}`)
    return [name, path] as const
  })
  return Object.fromEntries(packed)
}

type Content = { readonly bundle: string; readonly assets: Readonly<Record<string, string>> }

function makeFile(arch: Architecture, { bundle, assets }: Content, scratch: string, target: string): void {
  const node = join(scratch, `node-${arch}`)
  copyFileSync(nodeBinary(arch, scratch), node)
  chmodSync(node, 0o755)
  strip(arch, node)
  const blob = join(scratch, `${arch}.blob`)
  const config = join(scratch, `${arch}.json`)
  writeFileSync(
    config,
    JSON.stringify({
      main: bundle,
      output: blob,
      assets,
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      // The cache is machine code of the Node that makes it: only that one can use it.
      useCodeCache: arch === process.arch,
    }),
  )
  run('--experimental-sea-config', [config])
  run(postject, [node, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', sentinelFuse])
  copyFileSync(node, target)
  chmodSync(target, 0o755)
  say(`${target}: ${size(target)}`)
}

/** The pinned Node for `arch`: the installed one, or its package fetched in the very version of the lock file. */
function nodeBinary(arch: Architecture, scratch: string): string {
  const installed = join(root, 'node_modules', `node-linux-${arch}`, 'bin', 'node')
  if (existsSync(installed)) return installed
  const name = `node-linux-${arch}`
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages[`node_modules/${name}`]
  say(`fetching ${name}@${locked.version}`)
  const spec = `${name}@${locked.version}`
  const archive = execFileSync('npm', ['pack', '--silent', spec], { cwd: scratch, encoding: 'utf8' }).trim()
  const hash = createHash('sha512')
    .update(readFileSync(join(scratch, archive)))
    .digest('base64')
  if (locked.integrity !== `sha512-${hash}`) throw new Error(`${archive} is not what package-lock.json pins`)
  execFileSync('tar', ['-xzf', archive, 'package/bin/node'], { cwd: scratch })
  return join(scratch, 'package', 'bin', 'node')
}

/** Must come before the blob goes in: stripped afterwards, the file no longer starts. */
function strip(arch: Architecture, file: string): void {
  for (const tool of strippers[arch]) {
    try {
      execFileSync(tool, [file], { stdio: 'ignore' })
      return say(`${arch}: stripped with ${tool}`)
    } catch {
      // Not installed, or it cannot read this architecture: the next one may.
    }
  }
  say(`${arch}: not stripped, none of ${strippers[arch].join(', ')} works here; the file will be larger`)
}

/** Runs a script, or an option, of the Node that runs this; its words are shown only when it fails. */
function run(script: string, args: readonly string[]): void {
  execFileSync(process.execPath, [script, ...args], { stdio: 'pipe' })
}

function size(file: string): string {
  return `${(statSync(file).size / 1e6).toFixed(1)} MB`
}

function say(line: string): void {
  process.stderr.write(`build: ${line}\n`)
}

await main()
