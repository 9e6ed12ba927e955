// `npm run release`: the tracked files of the last commit as dist/fanfare-<version>.tgz, its bill of materials and SHA256SUMS. The same commit gives
// the same bytes on every machine: git's own order, the commit's time on every file, modes without the umask, gzip without a time.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { sbomOf } from './sbom.ts'

const LARGEST_BYTES = 1024 ** 3

/**
 * @param root a git repository; what is not committed is not released
 * @param out folder of the files, made when it is absent
 * @returns names of the files written
 */
export function release(root: string, out: string): string[] {
  const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { maxBuffer: LARGEST_BYTES })
  const { version } = JSON.parse(git('show', 'HEAD:package.json').toString('utf8')) as { version: string }
  const name = `fanfare-${version}`
  const tar = git('-c', 'tar.umask=0022', '-c', 'core.autocrlf=false', 'archive', '--format=tar', `--prefix=${name}/`, 'HEAD')
  const files = [
    { file: `${name}.tgz`, bytes: gzipSync(tar, { level: 9 }) },
    { file: `${name}.cdx.json`, bytes: Buffer.from(committed(git, sbomOf)) },
  ]
  mkdirSync(out, { recursive: true })
  for (const { file, bytes } of files) writeFileSync(join(out, file), bytes)
  const sums = files.map(({ file, bytes }) => `${createHash('sha256').update(bytes).digest('hex')}  ${file}\n`)
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))
  return [...files.map(({ file }) => file), 'SHA256SUMS']
}

/** What `make` makes of package.json and package-lock.json as they were committed. */
function committed(git: (...args: string[]) => Buffer, make: (root: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-release-'))
  try {
    for (const file of ['package.json', 'package-lock.json']) writeFileSync(join(folder, file), git('show', `HEAD:${file}`))
    return make(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const changed = execFileSync('git', ['-C', root, 'status', '--porcelain']).toString('utf8')
  if (changed !== '') console.error('Changes that are not committed are not in the release.')
  for (const file of release(root, join(root, 'dist'))) console.log(`dist/${file}`)
}
