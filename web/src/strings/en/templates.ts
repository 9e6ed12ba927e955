/** Templates: list, one template, a new one. */
export const templates = {
  'templates.none': 'No templates yet',
  'templates.noneMatch': 'No template matches',
  'templates.search': 'Search templates by name',
} as const
