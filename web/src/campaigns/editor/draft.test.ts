import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Draft, draftOf, emptyDraft, inputOf, missingIn, type Template, wholeFilter, withTemplate, withTopic } from './draft.ts'

const template = (parameters: Template['parameters'], buttons: object[] = []): Template =>
  ({ id: 't2', parameters, components: [{ type: 'BUTTONS', buttons }] }) as unknown as Template

test('the API is asked only when there is a name and a template', () => {
  assert.equal(inputOf(emptyDraft(null)), undefined)
  assert.equal(inputOf({ ...emptyDraft('t1'), name: '  ' }), undefined)
  assert.equal(inputOf({ ...emptyDraft('t1'), name: 'May' })?.templateId, 't1')
})

test('what is half written is not sent', () => {
  const filter = wholeFilter({
    tags: [],
    excludeTags: ['New'],
    everyone: true,
    attributes: [
      { key: '', op: 'eq', value: 'x' },
      { key: 'city', op: 'eq', value: '' },
      { key: 'city', op: 'in', value: [] },
      { key: 'city', op: 'exists' },
      { key: 'spent', op: 'gt', value: 0 },
    ],
  })
  assert.deepEqual(filter, {
    excludeTags: ['New'],
    everyone: true,
    attributes: [
      { key: 'city', op: 'exists' },
      { key: 'spent', op: 'gt', value: 0 },
    ],
  })
})

test('another template keeps the values it asks for too, and forgets the rest', () => {
  const old: Draft = {
    ...emptyDraft('t1'),
    senderId: 'n1',
    variables: { 'body.1': 'a', 'body.2': 'b', 'button.0': 'optOut', 'button.1': 'optOut' },
    headerMedia: { link: 'https://example.com/a.jpg' },
  }
  const changed = withTemplate(old, template([{ key: 'body.1', type: 'text', example: null }], [{ type: 'QUICK_REPLY', text: 'Stop' }]))
  assert.deepEqual(changed.variables, { 'body.1': 'a', 'button.0': 'optOut' })
  assert.equal(changed.headerMedia, null)
  assert.equal(changed.senderId, null)
  const media = withTemplate(old, template([{ key: 'header', type: 'media', example: null }]))
  assert.deepEqual(media.headerMedia, old.headerMedia)
})

test('a campaign is read and written back unchanged, conditions that no field shows included', () => {
  const campaign = {
    name: 'May',
    templateId: 't1',
    languages: 'family',
    senderId: null,
    variables: { 'body.1': '{{ contact.firstName }}' },
    headerMedia: { mediaId: '12' },
    contactFilter: { campaign: { id: 'c0', outcome: 'NotRead' }, where: { not: { isActive: true } } },
    timeZone: 'Asia/Kolkata',
    ratePerSecond: 40,
    quietHours: { from: '21:00', to: '09:00' },
    topicId: 'p1',
    finishBy: '2031-12-24T18:00:00.000Z',
    canary: { share: 0.02, waitMinutes: 20 },
    circuitBreaker: null,
    unknownPolicy: 'confident',
  }
  assert.deepEqual(inputOf(draftOf(campaign as never)), campaign)
})

test('what lacks a value is named, where nothing stands in for it', () => {
  const parameters = [
    { key: 'header', type: 'media', example: null },
    { key: 'body.1', type: 'text', example: null },
    { key: 'button.0', type: 'url', example: null },
  ]
  const asked = (parameterFormat: string) => ({ ...template(parameters), parameterFormat })
  const draft: Draft = { ...emptyDraft('t2'), variables: { 'body.1': ' ' }, contactFilter: { tags: [], tagsMatch: 'all' } }
  assert.deepEqual(missingIn(draft, asked('POSITIONAL')), ['headerMedia', 'variables.body.1', 'variables.button.0', 'contactFilter'])
  assert.deepEqual(missingIn(draft, asked('NAMED')), ['headerMedia', 'variables.button.0', 'contactFilter'])
  const whole: Draft = {
    ...draft,
    variables: { 'body.1': 'a', 'button.0': 'b' },
    headerMedia: { mediaId: '1' },
    contactFilter: { everyone: true },
  }
  assert.deepEqual(missingIn(whole, asked('POSITIONAL')), [])
})

test('a campaign that is about nothing any more stops everything where it stopped its topic; another topic keeps the marks', () => {
  const variables = { 'body.1': 'optOut:topic', 'button.0': 'optOut:topic', 'button.1': 'optOut' }
  const draft = { ...emptyDraft('t'), topicId: 'a', variables }
  assert.deepEqual(withTopic(draft, 'b').variables, variables)
  assert.deepEqual(withTopic(draft, null), { ...draft, topicId: null, variables: { ...variables, 'button.0': 'optOut' } })
})
