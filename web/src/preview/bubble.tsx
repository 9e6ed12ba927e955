import type { IconProps } from '@tabler/icons-react'
import {
  IconArrowBackUp,
  IconCopy,
  IconExternalLink,
  IconFileText,
  IconForms,
  IconList,
  IconMapPin,
  IconPhone,
  IconPhoto,
  IconVideo,
} from '@tabler/icons-react'
import { type ComponentType, Fragment, useState } from 'react'
import { useStrings } from '../strings/language.tsx'
import { parseMarkup, type Span } from './markup.ts'
import type { PreviewButton, PreviewHeader, PreviewMessage } from './message.ts'
import classes from './phone.module.css'

/** One message: header, text, footer, buttons, and the cards of a carousel below it. */
export function Bubble({ message, time }: { readonly message: PreviewMessage; readonly time?: string }) {
  const { header, body, footer, buttons, cards } = message
  return (
    <>
      <div className={classes.bubble}>
        <Media header={header} />
        <div className={classes.texts}>
          {header?.kind === 'text' && (
            <div className={classes.header}>
              <Markup text={header.text} isPlain />
            </div>
          )}
          <div className={classes.body}>
            <Markup text={body} />
          </div>
          {footer !== null && <div className={classes.footer}>{footer}</div>}
          {time !== undefined && (
            <div className={classes.time}>
              <bdi>{time}</bdi>
            </div>
          )}
        </div>
        <Buttons buttons={buttons} />
      </div>
      {cards.length > 0 && <Cards cards={cards} />}
    </>
  )
}

function Cards({ cards }: Pick<PreviewMessage, 'cards'>) {
  const { t } = useStrings()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: cards scroll sideways, by the keyboard too
    <ul className={classes.cards} tabIndex={0} aria-label={t('preview.cards')}>
      {cards.map((card, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a card has no other name than its place
        <li className={classes.card} key={i}>
          <Media header={card.header} />
          <div className={classes.texts}>
            <div className={classes.body}>
              <Markup text={card.body} />
            </div>
          </div>
          <Buttons buttons={card.buttons} />
        </li>
      ))}
    </ul>
  )
}

/** A text with WhatsApp's markup. @param isPlain a header: its marks are shown as typed, as WhatsApp does */
function Markup({ text, isPlain = false }: { readonly text: string; readonly isPlain?: boolean }) {
  const spans = isPlain ? parsePlain(text) : parseMarkup(text)
  return <Spans spans={spans} />
}
const parsePlain = (text: string): readonly Span[] =>
  text.split(/(\{\{[^{}]+\}\})/).map((part): Span => {
    const name = /^\{\{\s*([^{}]+?)\s*\}\}$/.exec(part)?.[1]
    return name === undefined ? { kind: 'text', text: part } : { kind: 'variable', name }
  })

const TAGS = { bold: 'strong', italic: 'em', strike: 's' } as const
const Spans = ({ spans }: { readonly spans: readonly Span[] }) =>
  spans.map((span, i) => {
    const key = `${i}`
    if (span.kind === 'text') return <Fragment key={key}>{span.text}</Fragment>
    if (span.kind === 'code')
      return (
        <code key={key} className={classes.code}>
          {span.text}
        </code>
      )
    if (span.kind === 'variable')
      return (
        <bdi key={key} className={classes.open}>
          {/^\d+$/.test(span.name) ? `{{${span.name}}}` : span.name}
        </bdi>
      )
    const Tag = TAGS[span.kind]
    return (
      <Tag key={key}>
        <Spans spans={span.spans} />
      </Tag>
    )
  })

const MEDIA_ICONS: Readonly<Record<string, ComponentType<IconProps>>> = {
  IMAGE: IconPhoto,
  GIF: IconPhoto,
  VIDEO: IconVideo,
  DOCUMENT: IconFileText,
  LOCATION: IconMapPin,
}

/** A place for the media: it is not fetched, no request leaves our own origin. */
function Media({ header }: { readonly header: PreviewHeader | null }) {
  const { named } = useStrings()
  if (header === null || header.kind === 'text') return null
  if (header.picture != null)
    return <img className={classes.picture} src={header.picture} alt={header.link ?? named('media', header.format)} />
  const Icon = MEDIA_ICONS[header.format] ?? IconFileText
  return (
    <div className={classes.media} data-format={header.format}>
      <Icon size={header.format === 'DOCUMENT' ? 24 : 34} stroke={1.4} aria-hidden />
      <bdi>{header.link === null ? named('media', header.format) : fileOf(header.link)}</bdi>
    </div>
  )
}
const fileOf = (link: string): string => {
  const parts = URL.canParse(link) ? new URL(link) : undefined
  return parts === undefined ? link : (parts.pathname.split('/').filter(Boolean).pop() ?? parts.host)
}

const ICONS: Readonly<Record<string, ComponentType<IconProps>>> = {
  URL: IconExternalLink,
  QUICK_REPLY: IconArrowBackUp,
  PHONE_NUMBER: IconPhone,
  VOICE_CALL: IconPhone,
  COPY_CODE: IconCopy,
  OTP: IconCopy,
  FLOW: IconForms,
}
/** More buttons than this and the phone shows the first two and a way to all of them. */
const SHOWN_MAX = 3

function Buttons({ buttons }: { readonly buttons: readonly PreviewButton[] }) {
  const { t } = useStrings()
  const [isOpen, setOpen] = useState(false)
  const isLong = buttons.length > SHOWN_MAX
  const shown = isLong && !isOpen ? buttons.slice(0, SHOWN_MAX - 1) : buttons
  return (
    <>
      {shown.map((button, i) => {
        const Icon = ICONS[button.type] ?? IconExternalLink
        const label = button.text || t(button.type === 'COPY_CODE' ? 'preview.copyCode' : 'preview.button')
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a button has no other name than its place
          <div className={classes.button} key={i}>
            <Icon size={15} stroke={1.9} aria-hidden />
            <bdi>{label}</bdi>
          </div>
        )
      })}
      {isLong && (
        <button type="button" className={classes.button} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <IconList size={15} stroke={1.9} aria-hidden />
          {t(isOpen ? 'preview.fewer' : 'preview.seeAll')}
        </button>
      )}
    </>
  )
}
