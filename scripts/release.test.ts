import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isAllowed, refused } from './licences.ts'
import { type Lock, readLock, shippedOf } from './lock.ts'
import { release } from './release.ts'
import { sbomOf } from './sbom.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
let home: string
const git = (folder: string, ...args: string[]) =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args]).toString('utf8')

before(() => {
  home = mkdtempSync(join(tmpdir(), 'fanfare-release-test-'))
  const first = join(home, 'first')
  mkdirSync(join(first, 'scripts'), { recursive: true })
  for (const file of ['package.json', 'package-lock.json', 'LICENSE']) cpSync(join(ROOT, file), join(first, file))
  writeFileSync(join(first, 'scripts', 'run.sh'), '#!/bin/sh\n')
  chmodSync(join(first, 'scripts', 'run.sh'), 0o755)
  writeFileSync(join(first, '.gitignore'), 'secret\n')
  writeFileSync(join(first, 'secret'), 'not tracked')
  git(first, 'init', '-q')
  git(first, 'add', '-A')
  git(first, 'commit', '-qm', 'First')
  git(home, 'clone', '-q', 'first', 'second')
})
after(() => rmSync(home, { recursive: true, force: true }))

test('one commit gives the same bytes, whatever the clone, its times, its umask and what is not committed', () => {
  const outs = ['one', 'two'].map((name) => join(home, name))
  const files = release(join(home, 'first'), outs[0] ?? '')
  const second = join(home, 'second')
  utimesSync(join(second, 'LICENSE'), 1, 1)
  writeFileSync(join(second, 'LICENSE'), 'changed, not committed')
  git(second, 'config', 'tar.umask', '0077')
  const umask = process.umask(0o077)
  try {
    assert.deepEqual(release(second, outs[1] ?? ''), files)
  } finally {
    process.umask(umask)
  }
  for (const file of files) assert.deepEqual(readFileSync(join(outs[1] ?? '', file)), readFileSync(join(outs[0] ?? '', file)), file)
})

test('the archive holds what is tracked and nothing else, and the sums are those of the files', () => {
  const out = join(home, 'three')
  const [archive = '', bill = ''] = release(join(home, 'first'), out)
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  assert.equal(archive, `fanfare-${version}.tgz`)
  const names = execFileSync('tar', ['-tzf', join(out, archive)])
    .toString('utf8')
    .trim()
    .split('\n')
  assert.deepEqual(
    names.filter((name) => !name.endsWith('/')),
    ['.gitignore', 'LICENSE', 'package-lock.json', 'package.json', 'scripts/run.sh'].map((name) => `fanfare-${version}/${name}`),
  )
  const sums = [archive, bill].map(
    (file) =>
      `${createHash('sha256')
        .update(readFileSync(join(out, file)))
        .digest('hex')}  ${file}\n`,
  )
  assert.equal(readFileSync(join(out, 'SHA256SUMS'), 'utf8'), sums.join(''))
})

test('the bill of materials names every package of the shipped parts once, with hash and licence, and no download address', () => {
  const text = sbomOf(ROOT)
  const bill = JSON.parse(text)
  assert.deepEqual([bill.bomFormat, bill.specVersion], ['CycloneDX', '1.6'])
  const refs: string[] = bill.components.map((one: { 'bom-ref': string }) => one['bom-ref'])
  assert.equal(new Set(refs).size, refs.length)
  for (const workspace of ['server', 'web']) {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, workspace, 'package.json'), 'utf8'))
    for (const [name, version] of Object.entries(dependencies).filter(([key]) => !key.startsWith('@fanfare/')))
      assert.ok(refs.includes(`pkg:npm/${name.replace('@', '%40')}@${version}`), `${name} ${version}`)
  }
  for (const name of ['typescript', '@playwright/test', 'fast-check'])
    assert.ok(!refs.some((ref) => ref.startsWith(`pkg:npm/${name.replace('@', '%40')}@`)), `${name} is a tool`)
  for (const { hashes } of bill.components) assert.match(hashes?.[0]?.content ?? '', /^[0-9a-f]{128}$/)
  for (const { ref, dependsOn } of bill.dependencies.slice(1))
    for (const need of [ref, ...dependsOn]) assert.ok(refs.includes(need), `${ref} needs ${need}`)
  assert.doesNotMatch(text.replace(/"\$schema": "[^"]*"/, ''), /https?:\/\//)
})

test('everything shipped has a licence that is on the list', () => {
  const shipped = shippedOf(readLock(ROOT))
  assert.ok(shipped.length > 100)
  assert.deepEqual(
    refused(shipped).map(({ name, licence }) => `${name}: ${licence}`),
    [],
  )
})

test('a licence that is not on the list is refused, wherever in the tree', () => {
  const lock: Lock = {
    packages: {
      server: { dependencies: { a: '1.0.0' } },
      'node_modules/a': { version: '1.0.0', license: 'MIT', dependencies: { b: '1.0.0', c: '1.0.0' } },
      'node_modules/b': { version: '1.0.0', license: 'MIT' },
      'node_modules/a/node_modules/b': { version: '2.0.0', license: 'GPL-3.0-only' },
      'node_modules/c': { version: '1.0.0' },
      'node_modules/d': { version: '1.0.0', license: 'GPL-3.0-only' },
    },
  }
  assert.deepEqual(
    refused(shippedOf(lock)).map(({ name, version }) => `${name} ${version}`),
    ['b 2.0.0', 'c 1.0.0'],
  )
})

test('the changelog has a heading for this version, above all others', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const first = /^## (\S+?),? /m.exec(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'))?.[1]
  assert.equal(first, version)
})

for (const [expression, allowed] of [
  ['MIT', true],
  ['(MIT OR GPL-3.0-only)', true],
  ['GPL-3.0-only OR (MIT AND Apache-2.0)', true],
  ['MIT AND GPL-3.0-only', false],
  ['MIT AND (GPL-3.0-only OR ISC)', true],
  ['GPL-3.0-only', false],
  ['SEE LICENSE IN x', false],
  ['MIT)', false],
  ['(MIT', false],
  ['', false],
] as const)
  test(`${expression || 'no expression'} is ${allowed ? 'allowed' : 'refused'}`, () => assert.equal(isAllowed(expression), allowed))
