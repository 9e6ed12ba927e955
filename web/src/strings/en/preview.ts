/** The phone that shows a message. */
export const preview = {
  'media.DOCUMENT': 'Document',
  'media.GIF': 'GIF',
  'media.IMAGE': 'Image',
  'media.LOCATION': 'Location',
  'media.PRODUCT': 'Product',
  'media.VIDEO': 'Video',

  'preview.button': 'Button',
  'preview.cards': 'Cards',
  'preview.chat': 'Chat',
  'preview.copyCode': 'Copy code',
  'preview.fewer': 'Show fewer',
  'preview.next': 'Next person',
  'preview.previous': 'Previous person',
  'preview.seeAll': 'See all options',
  'preview.title': 'Preview',
  'preview.toDark': 'Show on a dark phone',
  'preview.toLight': 'Show on a light phone',
} as const
