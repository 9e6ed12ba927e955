import { expect, test } from './console.ts'

test.use({ worldOf: 'segments' }) // its counts are exact

test('a segment is built with its count beside it, saved, changed, shown as people, and deleted', async ({
  console,
  page,
  world: { api },
}) => {
  test.slow()
  const person = (n: number, tags: string[], city: string, phone = `+9198300010${String(n).padStart(2, '0')}`) =>
    api.call('POST', '/Contact', { phone, firstName: `Person ${n}`, tags, attributes: { City: city } })
  await Promise.all([
    person(1, ['VIP'], 'Pune'),
    person(2, ['VIP'], 'Delhi'),
    person(3, ['Lead'], 'Pune'),
    person(4, ['VIP'], 'Paris', '+33612345678'),
  ])
  await console.open('/segments')
  await expect(page.getByRole('heading', { level: 2, name: 'No segments yet' })).toBeVisible()
  await console.expectAccessible()
  await page.getByRole('link', { name: 'New segment' }).first().click()
  const count = page.getByRole('region', { name: 'In it now' })
  await expect(count).toContainText('Fill in the conditions')
  await expect(page.getByRole('button', { name: 'Create the segment' })).toBeDisabled()
  await page.getByLabel('Name', { exact: true }).fill('Indian VIPs')
  await page.getByRole('group', { name: 'Tags' }).getByPlaceholder('Choose').click()
  await page.getByRole('option', { name: /VIP/ }).click()
  await page.keyboard.press('Escape')
  await expect(count.getByRole('status').first()).toHaveText('3')
  await page.getByRole('button', { name: 'Add a condition' }).click()
  await page.getByRole('menuitem', { name: 'Country of the number' }).click()
  await expect(count).toContainText('Fill in the conditions')
  const country = page.getByRole('group', { name: 'Country of the number' })
  await country.getByPlaceholder('Choose').fill('Fran')
  await page.getByRole('option', { name: 'France', exact: true }).click()
  await page.keyboard.press('Escape')
  await expect(count.getByRole('status').first()).toHaveText('1')
  await country.getByRole('combobox', { name: 'Applies or not' }).click()
  await page.getByRole('option', { name: 'does not apply' }).click()
  await expect(count.getByRole('status').first()).toHaveText('2')
  await expect(count).toContainText('Person 1')
  await page.getByRole('button', { name: 'Create the segment' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Indian VIPs' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled()

  await page.getByRole('button', { name: 'Add a group' }).click()
  const group = page.getByRole('group', { name: 'Group', exact: true })
  await group.getByRole('button', { name: 'Remove the condition Tags' }).click()
  await group.getByRole('button', { name: 'Add a condition' }).click()
  await page.getByRole('menuitem', { name: 'Attribute' }).click()
  const attribute = group.getByRole('group', { name: 'Attribute' })
  await attribute.getByPlaceholder('Attribute').fill('City')
  await attribute.getByPlaceholder('Value').fill('Pune')
  await page.keyboard.press('Escape')
  await expect(count.getByRole('status').first()).toHaveText('1')
  await group.getByRole('button', { name: 'Add a condition' }).click()
  await page.getByRole('menuitem', { name: 'Earlier campaign' }).click()
  await group.getByRole('button', { name: 'Add a condition' }).click()
  await page.getByRole('menuitem', { name: 'Date' }).click()
  await expect(count.getByRole('status').first()).toHaveText('2') // any of the group: all became contacts today
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('“Indian VIPs” is saved').last()).toBeVisible() // the first toast may still stand
  await page.reload()
  await expect(count.getByRole('status').first()).toHaveText('2')
  await console.inEveryLook('segment')

  await page.getByRole('link', { name: 'Show them' }).click()
  await expect(page).toHaveURL(/\/contacts\?segment=/)
  await expect(page.getByRole('row').filter({ hasText: 'Person' })).toHaveCount(2)
  await page.goBack()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByRole('heading', { level: 2, name: 'No segments yet' })).toBeVisible()
})

test('a segment that a campaign uses cannot be deleted; one changed meanwhile is not overwritten', async ({
  console,
  page,
  world: { api },
}) => {
  test.slow()
  console.expectMessage(/status of 4\d\d/)
  const made = await api.call<{ id: string }>('POST', '/Segment', { name: 'Base', contactFilter: { tags: ['VIP'] } })
  await api.call('POST', '/Segment', { name: 'Built on it', description: 'Uses another', contactFilter: { segmentId: made.id } })
  await console.open('/segments')
  await console.inEveryLook('segments')
  await page.getByRole('link', { name: 'Base' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByRole('alert')).toBeVisible()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click()
  await api.call('PUT', `/Segment/${made.id}`, { name: 'Base', description: 'changed elsewhere', contactFilter: { tags: ['VIP'] } })
  await page.getByLabel('Name', { exact: true }).fill('Mine')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('main').getByRole('alert')).toBeVisible()
  expect((await api.call<{ name: string }>('GET', `/Segment/${made.id}`)).name).toBe('Base')
})
