import { databaseCells } from './cells/database.ts'
import { peopleCells } from './cells/people.ts'
import { processCells } from './cells/process.ts'
import { providerCells } from './cells/provider.ts'
import { timeCells } from './cells/time.ts'
import { webhookCells } from './cells/webhooks.ts'
import type { Cell } from './play.ts'

/** The matrix. */
export const CELLS: readonly Cell[] = [...processCells, ...databaseCells, ...providerCells, ...webhookCells, ...peopleCells, ...timeCells]
