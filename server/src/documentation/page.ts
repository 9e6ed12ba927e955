import { escaped, headingsOf, render } from './markdown.ts'
import { type Group, type Page, targetOf } from './pages.ts'

/** The strip above the pages and above the API's own. */
export const bar = (current: 'guide' | 'api'): string => {
  const link = (address: string, name: string, isHere: boolean) => `<a href="${address}"${isHere ? ' aria-current="true"' : ''}>${name}</a>`
  return `<header class="bar"><a class="brand" href="/docs/"><img src="/mark.svg" width="24" height="24" alt="">Fanfare</a>
<nav aria-label="Documentation">${link('/docs/', 'Guide', current === 'guide')}${link('/docs', 'API', current === 'api')}<a href="/">Console</a></nav></header>`
}

/** One page: the strip, the side list, the text, what stands on it, and the pages before and after. */
export function pageOf(groups: readonly Group[], page: Page, markdown: string): string {
  const pages = groups.flatMap((group) => group.pages)
  const at = pages.findIndex(({ slug }) => slug === page.slug)
  const list = groups.map(
    ({ name, pages: inside }) =>
      `<h2>${escaped(name)}</h2><ul>${inside.map((one) => `<li>${linkTo(one, one.slug === page.slug)}</li>`).join('')}${
        name === 'Engineers' ? '<li><a href="/docs">API reference</a></li>' : ''
      }</ul>`,
  )
  const parts = headingsOf(markdown).filter(({ depth }) => depth === 2)
  const beside = [
    { page: pages[at - 1], words: 'Before', rel: 'prev' },
    { page: pages[at + 1], words: 'Next', rel: 'next' },
  ].flatMap(({ page: other, words, rel }) =>
    other === undefined ? [] : [`<a rel="${rel}" href="/docs/${other.slug}"><span>${words}</span>${escaped(other.title)}</a>`],
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(page.title)} · Fanfare</title>
<link rel="icon" href="/mark.svg">
<link rel="stylesheet" href="/docs/assets/bar.css">
<link rel="stylesheet" href="/docs/assets/pages.css">
</head>
<body>
<a class="skip" href="#text">To the text</a>
${bar('guide')}
<details class="menu"><summary>All pages<span>${escaped(page.title)}</span></summary><nav aria-label="Pages">${list.join('')}</nav></details>
<div class="columns">
<nav class="side" aria-label="Pages">${list.join('')}</nav>
<main id="text" tabindex="-1">
<article>
${render(markdown, (href) => targetOf(pages, page.file, href))}</article>
<nav class="beside" aria-label="Before and next">${beside.join('')}</nav>
</main>
${parts.length < 2 ? '' : `<nav class="parts" aria-label="On this page"><h2>On this page</h2><ul>${parts.map(({ anchor, text }) => `<li><a href="#${escaped(anchor)}">${escaped(text)}</a></li>`).join('')}</ul></nav>`}
</div>
</body>
</html>
`
}

const linkTo = ({ slug, title }: Page, isHere: boolean): string =>
  `<a href="/docs/${slug}"${isHere ? ' aria-current="page"' : ''}>${escaped(title)}</a>`
