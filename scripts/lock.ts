// What package-lock.json says is installed for the parts that are shipped: nothing is asked from a registry, nothing need be installed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Entry {
  readonly name?: string
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly resolved?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}
export interface Lock {
  readonly packages: Readonly<Record<string, Entry>>
}
export interface Shipped {
  readonly name: string
  readonly version: string
  /** An SPDX expression; undefined: the package names none. */
  readonly licence: string | undefined
  /** Its SHA-512, in hexadecimal; undefined: the lock file has none. */
  readonly sha512: string | undefined
  /** `name@version` of what it needs. */
  readonly needs: readonly string[]
}

/** The workspaces that an installation runs or shows; simulator, tests and tools are not among them. */
export const PARTS = ['server', 'web', 'client', 'mcp'] as const

export const readLock = (root: string): Lock => JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock

/** Every package that a shipped part needs at run time, or that is built into the console, optional ones for other machines too; by name, then version. */
export function shippedOf(lock: Lock, parts: readonly string[] = PARTS): Shipped[] {
  const found = new Map<string, Shipped>()
  const seen = new Set<string>()
  const waiting: string[] = parts.filter((part) => lock.packages[part] !== undefined)
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (seen.has(place)) continue
    seen.add(place)
    const entry = lock.packages[place] ?? {}
    const peers = Object.keys(entry.peerDependencies ?? {}).filter((name) => entry.peerDependenciesMeta?.[name]?.optional !== true)
    const needed = [...new Set([...Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }), ...peers])]
      .map((name) => placeOf(lock, place, name))
      .filter((where) => where !== undefined)
    waiting.push(...needed)
    if (!place.includes('node_modules/')) continue
    const name = entry.name ?? nameAt(place)
    const version = entry.version ?? ''
    found.set(`${name}@${version}`, {
      name,
      version,
      licence: entry.license,
      sha512: hexOf(entry.integrity),
      needs: needed
        .filter((where) => where.includes('node_modules/'))
        .map((where) => `${lock.packages[where]?.name ?? nameAt(where)}@${lock.packages[where]?.version}`)
        .sort(),
    })
  }
  return [...found.values()].sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version))
}

/** Where Node finds a package from a place: in its own node_modules, or in one further up. Undefined: optional and not in the lock file. */
function placeOf(lock: Lock, from: string, name: string): string | undefined {
  for (let folder: string | undefined = from; folder !== undefined; folder = parentOf(folder)) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    const entry = lock.packages[place]
    if (entry !== undefined) return entry.link === true ? entry.resolved : place
  }
  return undefined
}

function parentOf(folder: string): string | undefined {
  if (folder === '') return undefined
  const at = folder.lastIndexOf('/node_modules/')
  return at === -1 ? '' : folder.slice(0, at)
}

const nameAt = (place: string): string => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
const hexOf = (integrity: string | undefined): string | undefined => {
  const sha512 = /(?:^| )sha512-(\S+)/.exec(integrity ?? '')?.[1]
  return sha512 === undefined ? undefined : Buffer.from(sha512, 'base64').toString('hex')
}
/** By code units, the same on every machine. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
