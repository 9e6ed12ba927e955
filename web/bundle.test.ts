import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const DIST = new URL('./dist/', import.meta.url)
/** Promised are 300 KB; what was won below that is held. */
const FIRST_PAGE_MAX_BYTES = 275 * 1024

interface Chunk {
  readonly file: string
  readonly imports?: readonly string[]
  readonly dynamicImports?: readonly string[]
}
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', DIST), 'utf8')) as Record<string, Chunk>

/** A module's chunk and everything it cannot do without. */
function filesOf(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    const chunk = manifest[name]
    assert.ok(chunk, `${name} is not in the build`)
    if (found.has(chunk.file)) continue
    found.add(chunk.file)
    filesOf(chunk.imports ?? [], found)
  }
  return found
}
const gzipBytes = (files: Iterable<string>) =>
  [...files].reduce((sum, file) => sum + readFileSync(new URL(`${file}.gz`, DIST)).byteLength, 0)

for (const page of ['campaigns/list-page.tsx', 'dashboard/dashboard-page.tsx'])
  test(`the first page, with ${page}, needs at most 275 KB of compressed JavaScript`, (t) => {
    const bytes = gzipBytes(filesOf(['index.html', `src/${page}`]))
    t.diagnostic(`${Math.round(bytes / 1024)} KB`)
    assert.ok(bytes <= FIRST_PAGE_MAX_BYTES, `${bytes} bytes`)
  })

test('pages come when they are opened: none is part of the first chunk', () => {
  const pages = Object.keys(manifest).filter((name) => name.endsWith('-page.tsx'))
  assert.ok(pages.length > 0)
  const first = filesOf(['index.html'])
  for (const page of pages) assert.ok(!first.has(manifest[page]?.file ?? ''), `${page} is in the first chunk`)
})
