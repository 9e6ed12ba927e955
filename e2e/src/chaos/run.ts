import { hash } from './hash.ts'
import { judge, type Verdict } from './judge.ts'
import { type Cell, makePlay, nameOf } from './play.ts'
import type { Postgres } from './postgres.ts'
import { startPostgres } from './postgres.ts'
import { setStage } from './stage.ts'

export interface Result {
  readonly name: string
  readonly seed: number
  readonly outcome: 'held' | 'broken' | 'not run'
  readonly seconds: number
  readonly verdict?: Verdict
  readonly failures: readonly string[]
}

/** A cell that cannot be played on this machine says why. */
export class NotRun extends Error {}

/**
 * Plays one cell from nothing to its verdict; never throws.
 * @param shared a running PostgreSQL to make a database in; cells of the area `database` get a server of their own
 * @param startWith further arguments of node for the processes of the product
 */
export async function runCell(cell: Cell, seed: number, shared: Postgres, startWith: readonly string[] = []): Promise<Result> {
  const beganMs = performance.now()
  const name = nameOf(cell)
  const result = (outcome: Result['outcome'], failures: readonly string[], verdict?: Verdict): Result => ({
    name,
    seed,
    outcome,
    seconds: Math.round((performance.now() - beganMs) / 100) / 10,
    failures,
    ...(verdict === undefined ? {} : { verdict }),
  })
  let postgres = shared
  let close = async () => {}
  try {
    if (cell.area === 'database') postgres = await startPostgres()
    close = async () => {
      if (postgres !== shared) await postgres.close()
    }
    const cellSeed = hash(`${seed} ${name}`)
    const stage = await setStage(postgres, cellSeed, { hasNetwork: cell.area === 'database', ...cell.stage }, startWith)
    close = async () => {
      await stage.close()
      if (postgres !== shared) await postgres.close()
    }
    const play = makePlay(stage, cellSeed)
    await cell.run(play)
    const verdict = await judge(play, cell.expect)
    return result(verdict.failures.length === 0 ? 'held' : 'broken', verdict.failures, verdict)
  } catch (error) {
    if (error instanceof NotRun) return result('not run', [error.message])
    return result('broken', [error instanceof Error ? error.message.slice(0, 600) : String(error)])
  } finally {
    await close().catch((error: unknown) => console.error(`${name}: ${error}`))
  }
}
