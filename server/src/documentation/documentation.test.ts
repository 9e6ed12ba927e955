import assert from 'node:assert/strict'
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { headingsOf, render } from './markdown.ts'
import { groupsIn, ROOT, targetOf } from './pages.ts'
import { documentationRoutes } from './routes.ts'

const routes = documentationRoutes()
const get = (path: string, headers: Record<string, string> = {}) => routes.request(path, { headers })
const pages = groupsIn(ROOT).flatMap((group) => group.pages)

test('every page is served under a policy without scripts, and everything it links to and shows here is there', async () => {
  assert.ok(pages.length > 25)
  const anchors = new Map<string, Set<string>>()
  const references: [from: string, to: string][] = []
  for (const { slug } of pages) {
    const answer = await get(`/docs/${slug}`)
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'text/html; charset=utf-8'], slug)
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /^default-src 'none'; style-src 'self'; img-src 'self';/)
    assert.doesNotMatch(policy, /script|unsafe/)
    const html = await answer.text()
    assert.doesNotMatch(html, /<script|<style|<[^>]*\s(on\w+|style)=/, slug)
    anchors.set(`/docs/${slug}`, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id)))
    for (const [, to = ''] of html.matchAll(/(?:href|src)="((?:\/docs\/|#)[^"]*)"/g)) references.push([`/docs/${slug}`, to])
  }
  for (const [from, to] of references) {
    const [path = '', anchor] = to.split('#')
    const target = path === '' ? from : path
    const known = anchors.get(target)
    if (known === undefined) assert.ok([200, 302].includes((await get(target)).status), `${from} leads to ${to}`)
    else if (anchor !== undefined) assert.ok(known.has(anchor), `${from} leads to ${to}`)
  }
})

test('every markdown file of docs/ is a page, under an address of its own', () => {
  const files = globSync('docs/**/*.md', { cwd: ROOT })
  assert.deepEqual(
    files.filter((file) => !pages.some((page) => page.file === file)),
    [],
  )
  assert.equal(new Set(pages.map(({ slug }) => slug)).size, pages.length)
})

test('/docs/ leads to the first page', async () => {
  const answer = await get('/docs/')
  assert.deepEqual([answer.status, answer.headers.get('location')], [302, `/docs/${pages[0]?.slug}`])
})

test('what has not changed is not sent again', async () => {
  for (const path of ['/docs/delivery', '/docs/images/campaigns-dark.png', '/docs/assets/pages.css']) {
    const etag = (await get(path)).headers.get('etag') ?? ''
    assert.equal((await get(path, { 'if-none-match': etag })).status, 304, path)
    assert.equal((await get(path, { 'if-none-match': '"other"' })).status, 200, path)
  }
})

test('pictures come as what they are', async () => {
  for (const [path, type] of [
    ['/docs/images/campaigns-dark.png', 'image/png'],
    ['/docs/images/bench-pages.svg', 'image/svg+xml'],
  ] as const) {
    const answer = await get(path)
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, type], path)
  }
})

test('nothing but pages, pictures and styles can be asked for', async () => {
  for (const path of [
    '/docs/nothing',
    '/docs/delivery.md',
    '/docs/images/',
    '/docs/images/gone.png',
    '/docs/images/..%2f..%2fpackage.json',
    '/docs/images/%2e%2e/%2e%2e/README.md',
    '/docs/..%2f..%2fetc%2fpasswd',
    '/docs//etc/passwd',
    '/docs/assets/routes.ts',
    '/docs/__proto__',
    '/docs/constructor',
  ])
    assert.equal((await get(path)).status, 404, path)
})

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfare-documentation-'))
  mkdirSync(join(folder, 'docs'))
  writeFileSync(join(folder, 'docs', 'console.md'), '# One\n')
  writeFileSync(join(folder, 'docs', 'added.md'), '# Added later\n')
  mkdirSync(join(folder, 'docs', 'decisions'))
  writeFileSync(join(folder, 'docs', 'decisions', '0001-x.md'), '# 0001 Chosen\n')
})
after(() => rmSync(folder, { recursive: true, force: true }))

test('a page that nobody put in order stands under its heading, and a changed one is read again', async () => {
  assert.deepEqual(
    groupsIn(folder).flatMap(({ name, pages: inside }) => inside.map(({ title }) => `${name}: ${title}`)),
    ['Use: The console', 'Engineers: Added later', 'Decisions: Chosen'],
  )
  const changing = documentationRoutes(folder)
  assert.match(await (await changing.request('/docs/added')).text(), /Added later<\/h1>/)
  writeFileSync(join(folder, 'docs', 'added.md'), '# Said anew, at another time\n')
  assert.match(await (await changing.request('/docs/added')).text(), /Said anew/)
})

test('raw HTML and addresses that run something do not get through', () => {
  const html = render(
    'a <script>alert(1)</script> <b onclick="x">b</b>\n\n<iframe src="x"></iframe>\n\n[x](javascript:alert(1)) `<i>` ![a"b](data:x)',
    (href) => targetOf(pages, 'README.md', href),
  )
  assert.doesNotMatch(html, /<script|<iframe|<b |javascript:|<img|<i>/)
  assert.match(html, /&lt;i&gt;/)
})

test('a link that says a file says the title of its page, any other keeps its words', () => {
  const html = render('[sending.md](sending.md) [docs/decisions/](decisions) [care](sending.md) [LICENSE](../LICENSE)', (href) =>
    targetOf(pages, 'docs/console.md', href),
  )
  assert.equal(
    html,
    '<p><a href="/docs/sending">Sending with care</a> <a href="/docs/decisions/0001-stack">The stack</a> <a href="/docs/sending">care</a> LICENSE</p>\n',
  )
})

test('headings get the anchors that GitHub gives them', () => {
  assert.deepEqual(
    headingsOf('# What is `a`: b, c?\n## Não é\n## Twice\n## Twice').map(({ anchor }) => anchor),
    ['what-is-a-b-c', 'não-é', 'twice', 'twice-1'],
  )
})

test('a link of a file becomes the address of the page', () => {
  for (const [from, href, address] of [
    ['docs/console.md', 'sending.md', '/docs/sending'],
    ['docs/console.md', '../README.md#try-it', '/docs/readme#try-it'],
    ['docs/security.md', '../SECURITY.md', '/docs/security-policy'],
    ['README.md', 'docs/decisions', '/docs/decisions/0001-stack'],
    ['README.md', 'docs/images/campaigns-dark.png', '/docs/images/campaigns-dark.png'],
    ['docs/decisions/0006-console.md', '../console.md', '/docs/console'],
    ['README.md', 'https://example.com/', 'https://example.com/'],
    ['README.md', 'LICENSE', undefined],
    ['README.md', '../../etc/passwd', undefined],
    ['README.md', '//example.com/x', undefined],
    ['README.md', 'JavaScript:alert(1)', undefined],
  ] as const)
    assert.equal(targetOf(pages, from, href)?.address, address, href)
})
