import { Badge, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useStrings } from '../strings/language.tsx'
import classes from './template-page.module.css'

type Component = Readonly<Record<string, unknown>>
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What the template is made of, as Meta holds it. */
export function Components({ components }: { readonly components: readonly Component[] }) {
  const { t } = useStrings()
  return (
    <Paper bg="var(--surface-card)" p="md" component="section" aria-label={t('templates.components')}>
      <Title order={2} mb="xs">
        {t('templates.components')}
      </Title>
      {components.map((component, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a component has no other name than its place
        <Part key={i} component={component} />
      ))}
    </Paper>
  )
}

function Part({ component }: { readonly component: Component }) {
  const { t, named } = useStrings()
  const type = textOf(component.type).toUpperCase()
  const format = textOf(component.format).toUpperCase()
  const cards = Array.isArray(component.cards) ? component.cards : []
  return (
    <div className={classes.part}>
      <Text size="xs" c="dimmed" fw={500}>
        {named('component', type)}
        {format !== '' && format !== 'TEXT' && ` · ${named('media', format)}`}
        {cards.length > 0 && ` · ${t('templates.cards', { count: cards.length })}`}
      </Text>
      {textOf(component.text) !== '' && <p className={classes.text}>{textOf(component.text)}</p>}
      {Array.isArray(component.buttons) && <ButtonList buttons={component.buttons} />}
    </div>
  )
}

function ButtonList({ buttons }: { readonly buttons: readonly Component[] }) {
  const { t, named } = useStrings()
  return (
    <Stack gap={6} mt={6} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
      {buttons.map((button, i) => {
        const leadsTo = textOf(button.url) || textOf(button.phone_number)
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a button has no other name than its place
          <Group component="li" key={i} gap="xs">
            <Badge variant="default" radius="sm" tt="none" fw={500}>
              {named('buttonType', textOf(button.type))}
            </Badge>
            <Text size="sm" className="typed" component="span">
              {textOf(button.text) || t('preview.copyCode')}
            </Text>
            {leadsTo !== '' && (
              <Text size="sm" c="dimmed" component="bdi" className="typed">
                {leadsTo}
              </Text>
            )}
          </Group>
        )
      })}
    </Stack>
  )
}
