import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseMarkup, type Span } from './markup.ts'

/** Short: b[…] i[…] s[…] c[…] v[…]. */
const short = (spans: readonly Span[]): string =>
  spans
    .map((span) => {
      if (span.kind === 'text') return span.text
      if (span.kind === 'variable') return `v[${span.name}]`
      if (span.kind === 'code') return `c[${span.text}]`
      return `${span.kind[0]}[${short(span.spans)}]`
    })
    .join('')

for (const [text, shown] of [
  ['Our *May Promo* is live', 'Our b[May Promo] is live'],
  ['_so_ ~2,499~ *now*', 'i[so] s[2,499] b[now]'],
  ['*_both_*', 'b[i[both]]'],
  ['(*in brackets*), “_quoted_”.', '(b[in brackets]), “i[quoted]”.'],
  ['```a\n*b*```', 'c[a\n*b*]'],
  ['use `MAY_25` now', 'use c[MAY_25] now'],
  ['Hi {{1}}, *{{ first_name }}*', 'Hi v[1], b[v[first_name]]'],
  ['*عرض* اليوم', 'b[عرض] اليوم'],
  // no markup
  ['3 * 4 * 5', '3 * 4 * 5'],
  ['snake_case_name', 'snake_case_name'],
  ['2*3*4', '2*3*4'],
  ['* item *', '* item *'],
  ['*open\nnext* line', '*open\nnext* line'],
  ['**', '**'],
  ['``````', '``````'],
  ['{{}} { {1} }', '{{}} { {1} }'],
] as const)
  test(`${JSON.stringify(text)} is shown as ${JSON.stringify(shown)}`, () => assert.equal(short(parseMarkup(text)), shown))

test('no text is ever lost: what is shown, with its marks, is what was typed', () => {
  const typed = (spans: readonly Span[]): number =>
    spans.reduce((sum, span) => {
      if (span.kind === 'text' || span.kind === 'code') return sum + span.text.length
      return sum + (span.kind === 'variable' ? span.name.length : typed(span.spans))
    }, 0)
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab *_~`{}1\n'), maxLength: 60 }), (text) => {
      const marks = [...text].filter((character) => '*_~`{} '.includes(character)).length
      const kept = typed(parseMarkup(text))
      assert.ok(kept <= text.length && kept >= text.length - marks)
    }),
  )
})
