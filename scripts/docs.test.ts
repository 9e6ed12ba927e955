import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { headingsOf, referencesOf, samplesOf } from '../server/src/documentation/markdown.ts'
import { currentDocument } from './openapi.ts'
import { routesNamed, samplesOfJson, unknownRoutes } from './samples.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SKIPPED = new Set(['node_modules', 'dist', 'data', 'test-results', '.git'])
const FILES = globSync('**/*.md', { cwd: ROOT, exclude: (name) => SKIPPED.has(name) }).sort()
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

/** Why a reference of a file leads nowhere; undefined: it leads somewhere. */
function fault(file: string, href: string): string | undefined {
  if (/^(https?:|mailto:)/.test(href)) return undefined
  const [path = '', anchor] = href.split('#')
  const target = path === '' ? file : normalize(join(dirname(file), decodeURI(path)))
  if (target.startsWith('..') || path.startsWith('/')) return `${href} leads out of the repository`
  if (!existsSync(join(ROOT, target))) return `${href}: there is no ${target}`
  if (anchor === undefined) return undefined
  if (statSync(join(ROOT, target)).isDirectory() || !target.endsWith('.md')) return `${href}: an anchor of something without headings`
  return headingsOf(read(target)).some((heading) => heading.anchor === anchor) ? undefined : `${href}: ${target} has no such heading`
}

test('every relative link, image and anchor of every markdown file leads somewhere', () => {
  const references = FILES.flatMap((file) => referencesOf(read(file)).map(({ href }) => ({ file, href })))
  assert.ok(references.length > 100, `only ${references.length} references were read`)
  assert.deepEqual(
    references.flatMap(({ file, href }) => {
      const told = fault(file, href)
      return told === undefined ? [] : [`${file}: ${told}`]
    }),
    [],
  )
})

test('a link to an absent file, an absent heading or out of the repository is found', () => {
  assert.match(fault('docs/delivery.md', 'gone.md') ?? '', /no docs\/gone\.md/)
  assert.match(fault('docs/delivery.md', 'operations.md#gone') ?? '', /no such heading/)
  assert.match(fault('docs/delivery.md', '../../elsewhere.md') ?? '', /out of the repository/)
  assert.equal(fault('docs/delivery.md', '../README.md#try-it'), undefined)
})

test('every JSON sample parses', () => {
  const samples = FILES.flatMap((file) => samplesOfJson(samplesOf(read(file))).map((sample) => ({ file, ...sample })))
  assert.ok(samples.length > 30, `only ${samples.length} samples were read`)
  assert.deepEqual(
    samples.filter(({ error }) => error !== undefined).map(({ file, text, error }) => `${file}: ${error}\n${text}`),
    [],
  )
})

test('… stands for a value, further elements or further fields, and for nothing else', () => {
  const errorOf = (text: string) => samplesOfJson([{ language: 'json', text }])[0]?.error
  for (const text of ['{ "a": … }', '{ … }', '{ …, "a": 1 }', '{ "a": [ 1, …, 2 ], … }', '[ … ]', '{ "a": "b…" }', '{ "a": 1 } said of it'])
    assert.equal(errorOf(text), undefined, text)
  for (const text of ['{ "a" … }', '{ "a": 1 … }', '{ "a": 1', '{ a: 1 }', '{ "a": 1, }', "{ 'a': 1 }"])
    assert.notEqual(errorOf(text), undefined, text)
  assert.equal(
    samplesOfJson([{ language: 'sh', text: `curl x -d '{ "a": "'"$A"'" }'\ncurl y -d '{ "a": }'` }]).at(-1)?.error !== undefined,
    true,
  )
})

test('every route named in the documentation exists', async () => {
  const document = await currentDocument()
  const named = FILES.flatMap((file) => routesNamed(read(file)).map((route) => ({ file, ...route })))
  assert.ok(named.length > 60, `only ${named.length} routes were read`)
  assert.deepEqual(
    unknownRoutes(document, named).map(({ file, method, path }) => `${file}: ${method} ${path}`),
    [],
  )
})

test('a route that does not exist is found', async () => {
  const document = await currentDocument()
  const text =
    'POST /WhatsappCampaign/{id}/runs, `GET /api/v1/Contacts`, PUT /WhatsappCampaign, …/resends by `POST …/resends`, `DELETE /RateCard/0199…`'
  assert.deepEqual(
    unknownRoutes(document, routesNamed(text)).map(({ path }) => path),
    ['/WhatsappCampaign/{id}/runs', '/api/v1/Contacts', '/WhatsappCampaign', '…/resends'],
  )
})
