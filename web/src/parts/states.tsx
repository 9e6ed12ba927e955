import { Box, Button, Center, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, type IconProps, IconRefresh } from '@tabler/icons-react'
import type { ComponentType, ReactNode } from 'react'
import { problemText } from '../api/problem-text.ts'
import { useStrings } from '../strings/language.tsx'

interface State {
  readonly icon: ComponentType<IconProps>
  readonly title: string
  readonly hint?: string | undefined
  /** The next step. */
  readonly action?: ReactNode
}

/** A list without rows: says why and what to do next. */
export function EmptyState({ icon: Icon, title, hint, action }: State) {
  return (
    <Center py={56} px="md">
      <Stack align="center" gap="xs" maw={420} ta="center">
        <Box c="dimmed">
          <Icon size={36} stroke={1.4} aria-hidden />
        </Box>
        <Title order={2} size="h3">
          {title}
        </Title>
        {hint !== undefined && (
          <Text size="sm" c="dimmed" className="typed">
            {hint}
          </Text>
        )}
        {action !== undefined && <Box mt="xs">{action}</Box>}
      </Stack>
    </Center>
  )
}

interface Failure {
  readonly error: unknown
  readonly onRetry: () => void
  /** Fills the window: nothing else is there. */
  readonly isPage?: boolean
}

/** What could not be shown, why, and a way to try again. */
export function FailureState({ error, onRetry, isPage = false }: Failure) {
  const strings = useStrings()
  const { title, message } = problemText(error, strings)
  return (
    <Box role="alert" {...(isPage ? { component: 'main', mih: '100dvh', style: { display: 'grid', placeItems: 'center' } } : {})}>
      <EmptyState
        icon={IconAlertTriangle}
        title={title}
        hint={message}
        action={
          <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onClick={onRetry}>
            {strings.t('action.retry')}
          </Button>
        }
      />
    </Box>
  )
}
