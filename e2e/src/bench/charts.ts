/** Small charts as SVG, drawn from numbers alone: readable on a light and on a dark page, since each brings its own ground for both. */

const WIDTH = 720
const PAD = 20
const BAR = 16
const GAP = 4
const GROUP_GAP = 12
const LABEL = 270
const VALUE = 90
const TOP = 66
/** Fill by place among the series, on a light ground; the second line is for dark ones. */
const LIGHT = ['#0b6e58', '#8494a0', '#b45f1d'] as const
const DARK = ['#45c9a5', '#8fa0ac', '#e8a15f'] as const

/** Text over a line stays readable. */
const HALO = ' font-size="12" stroke="#ffffff" stroke-width="4" paint-order="stroke"'
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
const round = (n: number): string => String(Math.round(n * 10) / 10)
export const shownNumber = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0 })

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${round(x)}" y="${round(y)}" fill="#1a2321" class="ink"${more}>${escaped(content)}</text>`

/** The frame of every chart: ground, title, series by colour, and what a screen reader says. */
function frame(height: number, title: string, description: string, series: readonly string[], content: string): string {
  const dark = DARK.map((colour, n) => `.s${n}{fill:${colour}}.l${n}{stroke:${colour}}`).join('')
  let x = PAD
  const legend =
    series.length < 2
      ? ''
      : series
          .map((name, n) => {
            const at = x
            x += 28 + name.length * 7.2
            return `<rect x="${at}" y="40" width="12" height="12" rx="2" fill="${LIGHT[n]}" class="s${n}"/>${text(at + 18, 51, name, ' font-size="13"')}`
          })
          .join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${Math.round(height)}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>${escaped(title)}</title><desc>${escaped(description)}</desc>
<style>@media (prefers-color-scheme: dark){.ground{fill:#161b1b;stroke:#2c3433}.ink{fill:#e6ebe9}.ink[stroke]{stroke:#161b1b}.rule{stroke:#54605d}.mark{stroke:#ff8f7a}.told{fill:#ff8f7a}${dark}}</style>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${Math.round(height) - 1}" rx="8" fill="#ffffff" stroke="#dbe1df" class="ground"/>
${text(PAD, 27, title, ' font-size="15" font-weight="600"')}${legend}
${content}
</svg>
`
}

export interface Bars {
  readonly title: string
  readonly unit: string
  readonly series: readonly string[]
  readonly groups: readonly {
    readonly label: string
    readonly values: readonly number[]
    /** Drawn in the second colour: what ours stands beside. */
    readonly isBaseline?: boolean
  }[]
  /** A line that bars should reach, or stay before. */
  readonly mark?: { readonly at: number; readonly name: string }
}

/** Lying bars in groups, each with its value. */
export function bars({ title, unit, series, groups, mark }: Bars): string {
  const most = Math.max(mark?.at ?? 0, ...groups.flatMap(({ values }) => values), Number.MIN_VALUE)
  const scale = (WIDTH - 2 * PAD - LABEL - VALUE) / most
  const left = PAD + LABEL
  const top = series.length < 2 ? TOP - 16 : TOP
  let y = top
  const drawn = groups
    .map(({ label, values, isBaseline = false }) => {
      const begun = y
      const each = values
        .map((value, place) => {
          const n = isBaseline ? 1 : place
          const at = y
          y += BAR + GAP
          const width = Math.max(1, value * scale)
          return `<rect x="${left}" y="${at}" width="${round(width)}" height="${BAR}" rx="2" fill="${LIGHT[n] ?? LIGHT[0]}" class="s${n}"/>${text(left + width + 6, at + 12.5, `${shownNumber(value)} ${unit}`.trim().replace(' /s', '/s'), HALO)}`
        })
        .join('')
      const middle = (begun + y - GAP) / 2
      y += GROUP_GAP - GAP
      return text(left - 10, middle + 4.5, label, ' text-anchor="end"') + each
    })
    .join('\n')
  const markX = left + (mark?.at ?? 0) * scale
  const marked =
    mark === undefined
      ? ''
      : `<line x1="${round(markX)}" y1="${top - 6}" x2="${round(markX)}" y2="${y}" stroke="#b3261e" stroke-width="1.5" stroke-dasharray="4 3" class="mark"/><text x="${round(markX)}" y="${y + 15}" text-anchor="middle" fill="#b3261e" font-size="12" class="told">${escaped(mark.name)}</text>`
  const description = groups
    .map(
      ({ label, values }) => `${label}: ${values.map((value, n) => `${series[n] ?? ''} ${shownNumber(value)} ${unit}`.trim()).join(', ')}`,
    )
    .join('; ')
  return frame(y + (mark === undefined ? 6 : 26), title, description, series, `${marked}\n${drawn}`)
}

export interface Lines {
  readonly title: string
  readonly unit: string
  /** What the horizontal axis counts, and how much one point is of it. */
  readonly across: string
  readonly step: number
  readonly series: readonly { readonly name: string; readonly points: readonly number[] }[]
  readonly mark?: { readonly at: number; readonly name: string }
}

/** Lines over time, from zero. */
export function lines({ title, unit, across, step, series, mark }: Lines): string {
  const height = 300
  const [left, right, top, bottom] = [PAD + 44, WIDTH - PAD, series.length < 2 ? TOP - 12 : TOP + 4, height - 44]
  const most = niceAbove(Math.max(mark?.at ?? 0, ...series.flatMap(({ points }) => points)) * 1.05)
  const count = Math.max(2, ...series.map(({ points }) => points.length))
  const x = (n: number) => left + ((right - left) * n) / (count - 1)
  const y = (value: number) => bottom - ((bottom - top) * value) / most
  const rules = [0, 0.25, 0.5, 0.75, 1]
    .map((share) => {
      const at = y(share * most)
      return `<line x1="${left}" y1="${round(at)}" x2="${right}" y2="${round(at)}" stroke="#dbe1df" class="rule" stroke-width="0.6"/>${text(left - 8, at + 4, shownNumber(share * most), ' text-anchor="end" font-size="12"')}`
    })
    .join('')
  const ticks = [0, 0.5, 1]
    .map((share) =>
      text(
        x(share * (count - 1)),
        bottom + 18,
        shownNumber(share * (count - 1) * step),
        ` text-anchor="${share === 0 ? 'start' : share === 1 ? 'end' : 'middle'}" font-size="12"`,
      ),
    )
    .join('')
  const drawn = series
    .map(({ points }, n) => ({ n, path: points.map((value, i) => `${i === 0 ? 'M' : 'L'}${round(x(i))} ${round(y(value))}`).join('') }))
    .toReversed() // the first one lies on top
    .map(({ n, path }) => `<path d="${path}" fill="none" stroke="${LIGHT[n]}" stroke-width="1.6" stroke-linejoin="round" class="l${n}"/>`)
    .join('\n')
  const marked =
    mark === undefined
      ? ''
      : `<line x1="${left}" y1="${round(y(mark.at))}" x2="${right}" y2="${round(y(mark.at))}" stroke="#b3261e" stroke-width="1.5" stroke-dasharray="4 3" class="mark"/><text x="${right}" y="${round(y(mark.at) - 6)}" text-anchor="end" fill="#b3261e" font-size="12" class="told">${escaped(mark.name)}</text>`
  const named = text((left + right) / 2, height - 10, across, ' text-anchor="middle" font-size="12"')
  const description = series
    .map(({ name, points }) => `${name}: from ${shownNumber(Math.min(...points))} to ${shownNumber(Math.max(...points))} ${unit}`)
    .join('; ')
  return frame(
    height,
    title,
    description,
    series.map(({ name }) => name),
    `${rules}${ticks}\n${drawn}\n${marked}${named}`,
  )
}

/** The least of 1, 2, 2.5, 5 times a power of ten that is not below. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)))
  return ([1, 2, 2.5, 5, 10].find((times) => times * power >= value) ?? 10) * power
}
