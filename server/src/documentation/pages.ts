import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { headingsOf, type Target } from './markdown.ts'

/** Where the files are: the repository, or what the image carries of it. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

export interface Page {
  /** What stands after `/docs/`. */
  readonly slug: string
  /** Path in the repository. */
  readonly file: string
  readonly title: string
}
export interface Group {
  readonly name: string
  readonly pages: readonly Page[]
}

/** The order of the side list, with short titles. A page of `docs/` that is not named here stands at the end of Engineers, or among the decisions, under its heading. */
const ORDER: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  Start: [
    ['docs/start.md', 'In five minutes'],
    ['docs/connect-meta.md', 'Connect a number'],
    ['docs/concepts.md', 'Concepts'],
    ['docs/faq.md', 'Questions'],
    ['docs/comparison.md', 'Alternatives'],
    ['README.md', 'Overview'],
  ],
  Use: [
    ['docs/console.md', 'The console'],
    ['docs/importing.md', 'Importing contacts'],
    ['docs/segments.md', 'Segments and filters'],
    ['docs/audience.md', 'Audience'],
    ['docs/templates.md', 'Templates'],
    ['docs/languages.md', 'Languages'],
    ['docs/media.md', 'Header media'],
    ['docs/preflight.md', 'Before a launch'],
    ['docs/sending.md', 'Sending with care'],
    ['docs/experiments.md', 'Experiments'],
    ['docs/consent.md', 'Consent'],
    ['docs/cost.md', 'Cost'],
  ],
  Engineers: [
    ['docs/api-guide.md', 'API guide'],
    ['docs/deprecation.md', 'Deprecation'],
    ['client/README.md', 'TypeScript client'],
    ['docs/mcp.md', 'Assistants (MCP)'],
    ['ARCHITECTURE.md', 'Architecture'],
    ['CONTRIBUTING.md', 'Contributing'],
    ['simulator/README.md', 'Simulator'],
    ['docs/chaos.md', 'Fault matrix'],
    ['docs/mutation.md', 'Mutation testing'],
  ],
  Operate: [
    ['docs/operations.md', 'Operations'],
    ['docs/upgrading.md', 'Upgrading'],
    ['docs/scaling.md', 'Scaling'],
    ['docs/performance.md', 'Performance'],
    ['docs/metrics.md', 'Metrics'],
    ['docs/log-events.md', 'Log events'],
    ['CHANGELOG.md', 'Changelog'],
  ],
  Trust: [
    ['docs/delivery.md', 'Delivery promises'],
    ['docs/security.md', 'Security promises'],
    ['SECURITY.md', 'Reporting a weakness'],
  ],
}
/** Two files would have one address. */
const SLUGS: Readonly<Record<string, string>> = { 'SECURITY.md': 'security-policy' }

/** `docs/decisions/0001-stack.md` → `decisions/0001-stack`, `README.md` → `readme`, `client/README.md` → `client`. */
export const slugOf = (file: string): string =>
  SLUGS[file] ??
  file
    .replace(/^docs\//, '')
    .replace(/\/README\.md$/, '')
    .replace(/\.md$/, '')
    .replace(/^[A-Z]+$/, (name) => name.toLowerCase())

/** The side list, of the files that are there. */
export function groupsIn(root: string): Group[] {
  const named = new Set(Object.values(ORDER).flatMap((pages) => pages.map(([file]) => file)))
  const others = globSync('docs/**/*.md', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !named.has(file))
    .sort()
    .map((file) => [file, (headingsOf(readFileSync(join(root, file), 'utf8'))[0]?.text ?? file).replace(/^\d+\.? /, '')] as const)
  const isDecision = ([file]: readonly [string, string]) => file.startsWith('docs/decisions/')
  const lists = { ...ORDER, Decisions: others.filter(isDecision) }
  return Object.entries(lists).map(([name, pages]) => ({
    name,
    pages: [...pages, ...(name === 'Engineers' ? others.filter((other) => !isDecision(other)) : [])]
      .filter(([file]) => existsSync(join(root, file)))
      .map(([file, title]) => ({ slug: slugOf(file), file, title })),
  }))
}

/**
 * Where at `/docs` a link of a file leads; undefined: it is not served.
 * @param pages every page there is
 */
export function targetOf(pages: readonly Page[], from: string, href: string): Target | undefined {
  if (/^(https?:\/\/|mailto:|#)/.test(href)) return { address: href }
  if (/^[a-z][\w+.-]*:|^\//i.test(href)) return undefined
  const [path = '', anchor] = href.split('#')
  const target = posix.join(dirname(from), path)
  if (isAsset(target)) return { address: `/${target}` }
  const page = pages.find(({ file }) => file === target || file.startsWith(`${target.replace(/\/$/, '')}/`))
  if (page === undefined) return undefined
  return { address: `/docs/${page.slug}${anchor === undefined ? '' : `#${anchor}`}`, title: page.title }
}

/** Files beside the pages that are served as they are. */
export const isAsset = (file: string): boolean => /^docs\/(images\/[\w-]+\.(png|svg)|postman\/[\w-]+\.postman_collection\.json)$/.test(file)
