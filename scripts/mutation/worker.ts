// Runs tests against mutants, in one process: every mutant gets fresh copies of the product's modules, the mutated one among them.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { registered } from './harness.ts'
import type { Mutant } from './mutants.ts'

export interface Job {
  readonly id: number
  /** Undefined: the unchanged source, whose tests must pass. */
  readonly mutant: Mutant | undefined
  readonly tests: readonly string[]
}
export interface Answer {
  readonly id: number
  /** The first test that failed; undefined: none did. */
  readonly killedBy: string | undefined
}

const HARNESS = new URL('./harness.ts', import.meta.url).href
let job: Job | undefined

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'node:test' && context.parentURL?.includes('?job=')) return { url: HARNESS, shortCircuit: true }
    const resolved = next(specifier, context)
    const isOurs = resolved.url.startsWith('file:') && !resolved.url.includes('/node_modules/') && context.parentURL?.includes('?job=')
    return isOurs && job !== undefined ? { ...resolved, url: `${resolved.url.split('?')[0]}?job=${job.id}` } : resolved
  },
  load(url, context, next) {
    const mutant = job?.mutant
    if (mutant === undefined || !url.includes('?job=') || fileURLToPath(url.split('?')[0] ?? url) !== mutant.file) return next(url, context)
    const source = readFileSync(mutant.file, 'utf8')
    return {
      format: 'module-typescript',
      source: source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end),
      shortCircuit: true,
    }
  },
})
fc.configureGlobal({ seed: 1, endOnFailure: true })

process.on('message', async (next: Job) => {
  job = next
  const answer: Answer = { id: next.id, killedBy: await firstFailure(next) }
  process.send?.(answer)
})

async function firstFailure({ id, tests }: Job): Promise<string | undefined> {
  for (const file of tests) {
    registered.length = 0
    try {
      await import(`${pathToFileURL(file).href}?job=${id}`)
    } catch (error) {
      return `loading: ${(error as Error).message.slice(0, 100)}`
    }
    for (const { name, body } of [...registered])
      try {
        await body({})
      } catch {
        return name
      }
  }
  return undefined
}
