// `npm run sbom`: what is shipped, as CycloneDX 1.6 JSON on standard output. Made from the lock file alone, so that one commit gives one text:
// no time, no random serial number, no download addresses.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readLock, type Shipped, shippedOf } from './lock.ts'

const purl = (name: string, version: string): string => `pkg:npm/${name.replace(/^@/, '%40')}@${version}`

/** @param root folder of package.json and package-lock.json */
export function sbomOf(root: string): string {
  const { name, version, description, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>
  const shipped = shippedOf(readLock(root))
  const ref = new Map(shipped.map((one) => [`${one.name}@${one.version}`, purl(one.name, one.version)]))
  const self = purl(name ?? '', version ?? '')
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': self, name, version, description, purl: self, licenses: [{ expression: license }] },
    },
    components: shipped.map((one) => component(one)),
    dependencies: [
      { ref: self, dependsOn: shipped.map((one) => purl(one.name, one.version)) },
      ...shipped.map(({ name: own, version: at, needs }) => ({ ref: purl(own, at), dependsOn: needs.map((need) => ref.get(need)) })),
    ],
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function component({ name, version, licence, sha512 }: Shipped) {
  const [group, short] = name.startsWith('@') ? (name.split('/') as [string, string]) : [undefined, name]
  return {
    type: 'library',
    'bom-ref': purl(name, version),
    ...(group === undefined ? {} : { group }),
    name: short,
    version,
    purl: purl(name, version),
    ...(sha512 === undefined ? {} : { hashes: [{ alg: 'SHA-512', content: sha512 }] }),
    ...(licence === undefined ? {} : { licenses: [{ expression: licence }] }),
  }
}

if (import.meta.main) process.stdout.write(sbomOf(fileURLToPath(new URL('..', import.meta.url))))
