import { Anchor, Box, Group, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { DataTableColumn } from 'mantine-datatable'
import { useMemo } from 'react'
import { When } from '../parts/when.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Contact, callName } from './queries.ts'
import { Standing } from './standing.tsx'
import { Tags } from './tags.tsx'

const FROM_TABLET = '(min-width: 48em)'
const FROM_DESKTOP = '(min-width: 75em)'

/** The columns of the list; narrow windows keep the name with what matters most below it. */
export function useContactColumns(): readonly DataTableColumn<Contact>[] {
  const { t } = useStrings()
  return useMemo(
    () => [
      {
        accessor: 'name',
        title: t('contacts.name'),
        sortable: true,
        render: (contact) => (
          <Box miw={0}>
            <Anchor
              size="sm"
              fw={600}
              c="var(--mantine-color-text)"
              className="typed"
              lineClamp={2}
              renderRoot={(props) => <Link to="/contacts/$contactId" params={{ contactId: contact.id }} {...props} />}
            >
              {callName(contact)}
            </Anchor>
            {contact.email !== null && (
              <Text size="xs" c="dimmed" className="typed" lineClamp={1} visibleFrom="sm">
                {contact.email}
              </Text>
            )}
            <Text size="xs" c="dimmed" hiddenFrom="sm">
              <bdi>{contact.phone}</bdi>
            </Text>
            <Group gap="xs" mt={4} hiddenFrom="sm">
              <Standing contact={contact} />
              <Tags tags={contact.tags} shown={2} />
            </Group>
          </Box>
        ),
      },
      {
        accessor: 'phone',
        title: t('contacts.phone'),
        width: 170,
        visibleMediaQuery: FROM_TABLET,
        render: ({ phone }) => (
          <bdi className="number" style={{ fontSize: 'var(--mantine-font-size-sm)' }}>
            {phone ?? '–'}
          </bdi>
        ),
      },
      {
        accessor: 'tags',
        title: t('contacts.tags'),
        visibleMediaQuery: FROM_TABLET,
        render: ({ tags }) => <Tags tags={tags} shown={3} />,
      },
      {
        accessor: 'standing',
        title: t('contacts.standing'),
        width: 140,
        visibleMediaQuery: FROM_TABLET,
        render: (contact) => <Standing contact={contact} />,
      },
      {
        accessor: 'createddate',
        title: t('contacts.created'),
        sortable: true,
        width: 130,
        visibleMediaQuery: FROM_DESKTOP,
        render: ({ createdAt }) => <When at={createdAt} size="sm" />,
      },
    ],
    [t],
  )
}
