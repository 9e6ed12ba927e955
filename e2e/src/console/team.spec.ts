import { expect, OWNER, test } from './console.ts'

test.use({ worldOf: 'team' }) // it makes and removes members, and one changes a password

test('somebody is invited by a link, joins with a new account, gets another role, and is removed', async ({ console, page, browser }) => {
  test.slow()
  console.expectMessage(/status of 4\d\d/)
  await console.open('/settings/team')
  await expect(page.getByRole('cell', { name: OWNER.email })).toBeVisible()
  await console.inEveryLook('team-members')
  await page.getByRole('button', { name: 'Invite somebody' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('E-mail').fill('meera@example.com')
  await expect(dialog.getByRole('button', { name: 'Make the link' })).toBeDisabled()
  await dialog.getByRole('combobox', { name: 'Role' }).click()
  await page.getByRole('option', { name: 'Viewer' }).click()
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'Make the link' }).click()
  const link = await page.getByLabel('Hand this link over: it is shown this once and works once', { exact: true }).inputValue()
  await expect(page.getByRole('cell', { name: 'Open', exact: true })).toBeVisible()
  await console.inEveryLook('team-invitations')
  await expect(page.getByText('Hand this link over')).toHaveCount(0)

  const theirs = await browser.newPage()
  await theirs.goto(link)
  await expect(theirs.getByText('Your role there: Viewer')).toBeVisible()
  await theirs.getByLabel('Your name').fill('Meera Iyer')
  await theirs.getByLabel('Password', { exact: true }).fill('short')
  await theirs.getByRole('button', { name: 'Create the account and join' }).click()
  await expect(theirs.getByLabel('Password', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await theirs.getByLabel('Password', { exact: true }).fill('a sentence of her own')
  await theirs.getByRole('button', { name: 'Create the account and join' }).click()
  await expect(theirs.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible()
  await theirs.goto(link)
  await expect(theirs.getByText('does not exist, was used, or is over')).toBeVisible()

  await page.getByRole('tab', { name: 'Members' }).click()
  await page.getByRole('combobox', { name: 'Role of Meera Iyer' }).click()
  await page.getByRole('option', { name: 'Marketer' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Change the role' }).click()
  await expect(page.getByText('Meera Iyer is now Marketer')).toBeVisible()

  await page.getByRole('button', { name: 'Remove Meera Iyer' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Remove Meera Iyer' })).toHaveCount(0)
  await theirs.goto(`${console.url}/campaigns`)
  await expect(theirs.getByText('belongs to no workspace yet')).toBeVisible()
  await theirs.close()
})

test('an invitation can be revoked; its link then leads nowhere', async ({ console, page, world: { api }, browser }) => {
  const { items: roles } = await api.call<{ items: { id: string; name: string }[] }>('GET', '/Role')
  const roleId = roles.find(({ name }) => name === 'Approver')?.id
  const { link } = await api.call<{ link: string }>('POST', '/Invitation', { email: 'late@example.com', roleId })
  await console.open('/settings/team?tab=invitations')
  await page.getByRole('button', { name: 'Revoke the invitation of late@example.com' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await expect(page.getByRole('button', { name: 'Revoke the invitation of late@example.com' })).toHaveCount(0)
  const theirs = await browser.newPage()
  await theirs.goto(link)
  await expect(theirs.getByText('does not exist, was used, or is over')).toBeVisible()
  await theirs.close()
})

test('the last owner cannot be removed, nor made something less', async ({ console, page }) => {
  console.expectMessage(/status of 409/)
  await console.open('/settings/team')
  await page
    .getByRole('row')
    .filter({ hasText: OWNER.email })
    .getByRole('button', { name: /^Remove / })
    .click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(page.getByText('Make somebody else an owner first.')).toBeVisible()
})

test('a role of one’s own is made from single permissions, changed, and deleted', async ({ console, page }) => {
  test.slow()
  await console.open('/settings/team?tab=roles')
  await page.getByRole('button', { name: 'New role' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Contacts only')
  await dialog.getByRole('group', { name: 'Contacts', exact: true }).getByLabel('View').check()
  await console.expectAccessible()
  await dialog.getByRole('button', { name: 'Save the role' }).click()
  await expect(page.getByRole('columnheader', { name: 'Contacts only' })).toBeVisible()
  await console.inEveryLook('team-roles')

  await page.getByRole('button', { name: 'What can be done with Contacts only' }).click()
  await page.getByRole('menuitem', { name: 'Change' }).click()
  await expect(dialog.getByRole('group', { name: 'Contacts', exact: true }).getByLabel('View')).toBeChecked()
  await dialog.getByRole('group', { name: 'Contacts', exact: true }).getByLabel('Import').check()
  await dialog.getByRole('button', { name: 'Save the role' }).click()
  await expect(dialog).toHaveCount(0)
  const row = page.getByRole('row', { name: /^Import/ })
  const column = await page.getByRole('columnheader').allInnerTexts()
  await expect(row.getByRole('cell').nth(column.indexOf('Contacts only')).getByRole('img', { name: 'May' })).toBeVisible()

  await page.getByRole('button', { name: 'What can be done with Contacts only' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByRole('columnheader', { name: 'Contacts only' })).toHaveCount(0)
})

test('a viewer sees no button they cannot use', async ({ console, page, world: { api } }) => {
  test.slow()
  console.expectMessage(/status of 401/)
  const { items: roles } = await api.call<{ items: { id: string; name: string }[] }>('GET', '/Role')
  const roleId = roles.find(({ name }) => name === 'Viewer')?.id
  const { link } = await api.call<{ link: string }>('POST', '/Invitation', { email: 'viewer@example.com', roleId })
  await api.call('POST', '/Segment', { name: 'Seen by a viewer', contactFilter: { tags: ['VIP'] } })
  await page.goto(link)
  await page.getByLabel('Your name').fill('Vik Watch')
  await page.getByLabel('Password', { exact: true }).fill('only here to look')
  await page.getByRole('button', { name: 'Create the account and join' }).click()
  await expect(page.getByRole('navigation').first()).toBeVisible()
  const reads: readonly (readonly [string, string])[] = [
    ['/campaigns', 'Campaigns'],
    ['/contacts', 'Contacts'],
    ['/segments', 'Segments'],
    ['/templates', 'Templates'],
    ['/suppressions', 'Suppressions'],
    ['/settings/numbers', 'Numbers'],
    ['/settings/team', 'Team and roles'],
    ['/settings/team?tab=invitations', 'Team and roles'],
    ['/settings/team?tab=roles', 'Team and roles'],
    ['/settings/api-keys', 'API keys'],
    ['/settings/webhooks', 'Webhooks'],
  ]
  for (const [path, title] of reads) {
    await page.goto(`${console.url}${path}`)
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible()
    await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
    const buttons = await page.getByRole('main').getByRole('button').or(page.getByRole('main').getByRole('link')).allInnerTexts()
    const writes = buttons.filter((text) =>
      /\b(New|Invite|Add|Import|Connect|Revoke|Remove|Delete|Change|Sync|Check|Disconnect|Save)\b/.test(text),
    )
    expect(writes, path).toEqual([])
  }
  await page.goto(`${console.url}/segments`)
  await page.getByRole('link', { name: 'Seen by a viewer' }).click()
  await expect(page.getByLabel('Name', { exact: true })).toBeDisabled()
  await expect(page.getByRole('button', { name: 'Save' })).toHaveCount(0)
})
