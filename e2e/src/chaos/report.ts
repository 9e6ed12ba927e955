import type { Proof } from './breaks.ts'
import { AREAS } from './play.ts'
import type { Result } from './run.ts'

/** One run of the matrix, as it is kept in a file. */
export interface Run {
  readonly seed: number
  readonly quick: boolean
  readonly minutes: number
  readonly results: readonly Result[]
}

const MARK = { held: 'held', broken: '**BROKEN**', 'not run': 'not run' } as const
const text = (raw: string) => raw.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')

/** The page for people: what was played, what it came to, how to repeat it. */
export function page(run: Run, proofs: readonly Proof[] | undefined): string {
  const { results, seed, quick, minutes } = run
  const count = (outcome: Result['outcome']) => results.filter((result) => result.outcome === outcome).length
  const sum = (key: 'doubles' | 'lost' | 'misreported') => results.reduce((total, { verdict }) => total + (verdict?.[key] ?? 0), 0)
  const area = (name: string) => {
    const own = results.filter((result) => result.name.startsWith(`${name}: `))
    if (own.length === 0) return ''
    const rows = own.map((result) => {
      const { verdict } = result
      const figures =
        verdict === undefined
          ? '– | – | – | –'
          : `${verdict.accepted} of ${verdict.audience} | ${verdict.doubles} / ${verdict.lost} / ${verdict.misreported} | ${verdict.mostUnknown} | ${verdict.unknown}`
      return `| ${text(result.name.slice(name.length + 2))} | ${figures} | ${MARK[result.outcome]}${result.failures.length > 0 ? `: ${text(result.failures.join('; '))}` : ''} |`
    })
    return `### ${name}

| Fault, phase | Accepted | Doubles / lost / misreported | Most Unknown at once | Unknown in the end | |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`
  }
  return `# The fault matrix

\`npm run chaos\` plays faults against the product as a user runs it: server processes of their own, a real PostgreSQL, and the bundled
Cloud API simulator. Each cell is a fault at a moment, on a fresh database. What came of it is judged from outside only: the simulator's
ledger says what Meta would have accepted, the public API says what the product tells its user, and every single person must agree.

| What is judged in every cell | |
| --- | --- |
| Doubles | nobody has two accepted messages of one campaign |
| Lost | the states add up to the audience at every read, and the list shows everybody once |
| Misreported | accepted if and only if Sent or above (or Failed by receipt); read and delivered exactly as the receipts said; counts equal the list |
| Doubt | Unknown without a lost answer to explain it: at most W per crash, at every read; whoever was accepted is healed by receipts in the end |
| The API | no answer of 5xx but 503 with Retry-After; a campaign that ended never goes on |

Most cells add a bound of their own: no message later than a second after an acknowledged stop, at most W requests after a cancel, at most
W + 1 refused calls before a hold. A cell whose fault did not happen fails too.

## Repeat it

\`\`\`sh
npm run chaos -- --quick             # the quick matrix
npm run chaos                        # every cell
npm run chaos -- --list              # their names
npm run chaos -- --cell 'kill -9' --seed 7
npm run chaos -- --prove             # breaks the product on purpose; a cell must notice each
\`\`\`

The seed decides where in its phase a fault strikes, how long answers take and who is chosen; the machine decides the rest. Time-outs, lease
and grace are cut to seconds by settings (\`SEND_TIMEOUT_MS\`, \`RESCUE_GRACE_MS\`, \`LEASE_MS\`), and W to 16, so that it binds.
The result also lies in \`chaos-result.json\`; \`--report\` writes this page.

## Last result

${quick ? 'Quick matrix' : 'Cells played'}: ${results.length}, seed ${seed}, ${minutes} minutes. **${count('held')} held, ${count('broken')} broken, ${count('not run')} not run;
${sum('doubles')} doubles, ${sum('lost')} lost, ${sum('misreported')} misreported.**

${AREAS.map(area).filter(Boolean).join('\n')}
## Can the judge fail?

\`npm run chaos -- --prove\` starts the product with one line changed (the files stay as they are) and plays the cell that should notice.

${
  proofs === undefined
    ? 'Not played with this report.\n'
    : `| Broken on purpose | Noticed by | The judge said |
| --- | --- | --- |
${proofs.map(({ name, cell, noticed }) => `| ${text(name)} | ${text(cell)} | ${text(noticed ?? '**nothing**')} |`).join('\n')}
`
}`
}
