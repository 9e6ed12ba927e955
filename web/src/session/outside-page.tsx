import { Box, Paper, Stack, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { LanguageMenu } from '../settings/language-menu.tsx'
import { Mark } from '../theme/mark.tsx'

/** The frame of pages outside every workspace: sign-in, first run. */
export function OutsidePage({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Fanfare`
  }, [title])
  return (
    <Box component="main" mih="100dvh" p="md" style={{ display: 'grid', placeItems: 'center' }}>
      <Stack w="100%" maw={420} gap="lg">
        <Box style={{ display: 'flex', justifyContent: 'space-between', alignItems: 'center' }}>
          <Mark />
          <LanguageMenu />
        </Box>
        <Paper p={{ base: 'md', xs: 'xl' }}>
          <Title order={1} mb="md">
            {title}
          </Title>
          {children}
        </Paper>
      </Stack>
    </Box>
  )
}
