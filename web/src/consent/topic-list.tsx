import { ActionIcon, Anchor, Group, Table, Text, VisuallyHidden } from '@mantine/core'
import { IconMessages, IconPencil, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { EmptyState } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { WideTable } from '../parts/wide-table.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Topic, topicsQuery } from './queries.ts'
import { TopicDialog } from './topic-dialog.tsx'

/** What messages are about. @param add the way to the first one */
export function TopicList({ add }: { readonly add: ReactNode }) {
  const { t } = useStrings()
  const { may } = useSession()
  const topics = useQuery(topicsQuery)
  const [dialog, setDialog] = useState<{ readonly what: 'edit' | 'delete'; readonly topic: Topic }>()
  const mayAct = may('Contact:Edit') || may('Contact:Delete')
  const acts = mayAct ? [<VisuallyHidden key="acts">{t('suppressions.acts')}</VisuallyHidden>] : []
  return (
    <Loaded label={t('consent.topics')} query={topics}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState icon={IconMessages} title={t('consent.noTopics')} hint={t('consent.noTopicsHint')} action={add} />
        ) : (
          <>
            <Text size="sm" c="dimmed" p="md">
              {t('consent.topicsHint')}
            </Text>
            <WideTable
              label={t('consent.topics')}
              minWidth={mayAct ? 520 : 420}
              head={[t('consent.topicName'), t('consent.changed'), t('consent.history'), ...acts]}
            >
              {items.map((topic) => (
                <Table.Tr key={topic.id}>
                  <Table.Td>
                    <Text size="sm" fw={600} className="typed">
                      {topic.name}
                    </Text>
                    {topic.description !== '' && (
                      <Text size="xs" c="dimmed" className="typed" lineClamp={2}>
                        {topic.description}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td w={140}>
                    <When at={topic.updatedAt} size="sm" />
                  </Table.Td>
                  <Table.Td w={160}>
                    <Anchor
                      size="sm"
                      aria-label={t('consent.whoIsOutOf', { name: topic.name })}
                      renderRoot={(props) => <Link to="/consent" search={{ topic: topic.id, action: 'opted_out' }} {...props} />}
                    >
                      {t('consent.whoIsOut')}
                    </Anchor>
                  </Table.Td>
                  {mayAct && (
                    <Table.Td w={90}>
                      <Group gap={4} wrap="nowrap" justify="flex-end">
                        {may('Contact:Edit') && (
                          <ActionIcon
                            variant="subtle"
                            color="gray"
                            aria-label={t('consent.editWhat', { name: topic.name })}
                            onClick={() => setDialog({ what: 'edit', topic })}
                          >
                            <IconPencil size={16} aria-hidden />
                          </ActionIcon>
                        )}
                        {may('Contact:Delete') && (
                          <ActionIcon
                            variant="subtle"
                            color="gray"
                            aria-label={t('consent.deleteWhat', { name: topic.name })}
                            onClick={() => setDialog({ what: 'delete', topic })}
                          >
                            <IconTrash size={16} aria-hidden />
                          </ActionIcon>
                        )}
                      </Group>
                    </Table.Td>
                  )}
                </Table.Tr>
              ))}
            </WideTable>
            {dialog?.what === 'edit' && <TopicDialog topic={dialog.topic} onClose={() => setDialog(undefined)} />}
            {dialog?.what === 'delete' && <DeleteTopic topic={dialog.topic} onClose={() => setDialog(undefined)} />}
          </>
        )
      }
    </Loaded>
  )
}

function DeleteTopic({ topic: { id, name }, onClose }: { readonly topic: Topic; onClose(): void }) {
  const { t } = useStrings()
  const { act, isPending } = useAct({
    run: () => answer(api.DELETE('/api/v1/Topic/{id}', { params: { path: { id } } })),
    done: () => {
      onClose()
      return t('consent.topicDeleted', { name })
    },
    changes: [['consent']],
  })
  return (
    <ConfirmDialog
      title={t('consent.deleteTitle', { name })}
      verb={t('consent.deleteTopic')}
      isDangerous
      isPending={isPending}
      onConfirm={() => act()}
      onClose={onClose}
    >
      {t('consent.deleteHint')}
    </ConfirmDialog>
  )
}
