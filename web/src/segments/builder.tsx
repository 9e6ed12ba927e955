import { ActionIcon, Box, Button, Group, Menu, SegmentedControl, Select, Stack, Text } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useStrings } from '../strings/language.tsx'
import classes from './builder.module.css'
import { ConditionInputs } from './condition-inputs.tsx'
import { emptyLeaf, KINDS, kindOf } from './kinds.ts'
import { type GroupNode, isGroup, type LeafNode, type Node, newGroup, newLeaf } from './tree.ts'

/** Groups inside groups, at most: what a person can still read. The API takes deeper ones. */
const DEPTH_MAX = 4

interface BuilderProps {
  readonly root: GroupNode
  /** The segment that is edited: it cannot contain itself. */
  readonly ownId: string | undefined
  readonly isReadOnly: boolean
  /** Changes a node, or takes it out. */
  onChange(id: number, change: (node: Node) => Node | undefined): void
}

/** Conditions and groups of conditions: all of them, or any. */
export function Builder({ root, ownId, isReadOnly, onChange }: BuilderProps) {
  const { t } = useStrings()
  return (
    <fieldset disabled={isReadOnly} style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }} aria-label={t('segments.conditions')}>
      <Text size="sm" fw={500} mb={4} aria-hidden>
        {t('segments.conditions')}
      </Text>
      {root.nodes.length === 0 && (
        <Text size="sm" c="dimmed" mb="xs">
          {t('segments.everybody')}
        </Text>
      )}
      <GroupRows group={root} depth={1} ownId={ownId} isReadOnly={isReadOnly} onChange={onChange} />
    </fieldset>
  )
}

type Change = BuilderProps['onChange']
interface GroupRowsProps {
  readonly group: GroupNode
  readonly depth: number
  readonly ownId: string | undefined
  readonly isReadOnly: boolean
  readonly onChange: Change
}

function GroupRows({ group, depth, ownId, isReadOnly, onChange }: GroupRowsProps) {
  const { t } = useStrings()
  const add = (node: Node) => onChange(group.id, (old) => (isGroup(old) ? { ...old, nodes: [...old.nodes, node] } : old))
  return (
    <Stack gap="xs">
      {group.nodes.length > 1 && (
        <SegmentedControl
          size="xs"
          aria-label={t('segments.match')}
          data={[
            { value: 'and', label: t('segments.all') },
            { value: 'or', label: t('segments.any') },
          ]}
          value={group.match}
          disabled={isReadOnly}
          onChange={(match) => onChange(group.id, (old) => ({ ...old, match: match === 'or' ? 'or' : 'and' }) as Node)}
          style={{ alignSelf: 'flex-start' }}
        />
      )}
      {group.nodes.map((node) =>
        isGroup(node) ? (
          <Box key={node.id} className={classes.group} role="group" aria-label={t('segments.group')}>
            <Group justify="space-between" mb={6}>
              <NotSelect node={node} isReadOnly={isReadOnly} onChange={onChange} />
              <Remove node={node} name={t('segments.group')} isReadOnly={isReadOnly} onChange={onChange} />
            </Group>
            <GroupRows group={node} depth={depth + 1} ownId={ownId} isReadOnly={isReadOnly} onChange={onChange} />
          </Box>
        ) : (
          <LeafRow key={node.id} node={node} ownId={ownId} isReadOnly={isReadOnly} onChange={onChange} />
        ),
      )}
      {!isReadOnly && (
        <Group gap="xs">
          <AddMenu onAdd={add} />
          {depth < DEPTH_MAX && (
            <Button size="xs" variant="subtle" onClick={() => add(newGroup([newLeaf({ tags: [] })], group.match === 'and' ? 'or' : 'and'))}>
              {t('segments.addGroup')}
            </Button>
          )}
        </Group>
      )}
    </Stack>
  )
}

function AddMenu({ onAdd }: { onAdd(node: Node): void }) {
  const { t } = useStrings()
  return (
    <Menu>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />}>
          {t('segments.add')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {KINDS.map((kind) => (
          <Menu.Item key={kind} onClick={() => onAdd(newLeaf(emptyLeaf(kind)))}>
            {t(`condition.${kind}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

interface LeafRowProps {
  readonly node: LeafNode
  readonly ownId: string | undefined
  readonly isReadOnly: boolean
  readonly onChange: Change
}

function LeafRow({ node, ownId, isReadOnly, onChange }: LeafRowProps) {
  const { t, named } = useStrings()
  const name = named('condition', kindOf(node.leaf))
  return (
    <Box className={classes.row} role="group" aria-label={name}>
      <Group justify="space-between" wrap="nowrap" mb={6}>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {name}
          </Text>
          <NotSelect node={node} isReadOnly={isReadOnly} onChange={onChange} />
        </Group>
        <Remove node={node} name={name} isReadOnly={isReadOnly} onChange={onChange} />
      </Group>
      <ConditionInputs
        leaf={node.leaf}
        ownId={ownId}
        label={t('segments.value')}
        onChange={(leaf) => onChange(node.id, (old) => ({ ...old, leaf }) as Node)}
      />
    </Box>
  )
}

interface NodePartProps {
  readonly node: Node
  readonly isReadOnly: boolean
  readonly onChange: Change
}

/** Whether it must hold, or must not. */
function NotSelect({ node, isReadOnly, onChange }: NodePartProps) {
  const { t } = useStrings()
  return (
    <Select
      size="xs"
      w={130}
      aria-label={t('segments.holds')}
      data={[
        { value: 'yes', label: t('segments.is') },
        { value: 'no', label: t('segments.isNot') },
      ]}
      value={node.isNot ? 'no' : 'yes'}
      disabled={isReadOnly}
      allowDeselect={false}
      onChange={(value) => onChange(node.id, (old) => ({ ...old, isNot: value === 'no' }))}
    />
  )
}

function Remove({ node, name, isReadOnly, onChange }: NodePartProps & { readonly name: string }) {
  const { t } = useStrings()
  if (isReadOnly) return null
  return (
    <ActionIcon aria-label={t('editor.removeCondition', { condition: name })} onClick={() => onChange(node.id, () => undefined)}>
      <IconTrash size={17} aria-hidden />
    </ActionIcon>
  )
}
