import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type MetaEvent, readEvents } from './events.ts'
import { isSigned } from './signature.ts'
import { isStartWord, isStopButton, isStopWord } from './stop-words.ts'
import { ASHA, bytesOf, FILES, JOAO, OMAR, SIGNATURES, T } from './test-samples.ts'

/** One line per event: what the file means. */
const shown = (event: MetaEvent): string => {
  switch (event.kind) {
    case 'status':
      return [
        event.status,
        event.at.getTime() / 1_000 - T,
        event.waId ?? event.userId,
        event.errorCode,
        event.pricing && `${event.pricing.category}/${event.pricing.type}`,
      ]
        .filter((part) => part !== null)
        .join(' ')
    case 'message':
      return [event.type, event.waId ?? event.userId, JSON.stringify(event.text), event.payload].filter((part) => part !== null).join(' ')
    case 'preference':
      return `${event.value} ${event.waId}`
    case 'identity':
      return `identity ${event.waId} → ${event.newWaId ?? event.userId}`
    case 'template':
      return `${event.field} ${event.metaId} ${event.language} ${event.value.event ?? event.value.new_quality_score ?? event.value.new_category ?? ''}`
    case 'account':
      return `${event.field} ${event.value.event ?? ''}`.trim()
    case 'error':
      return `error ${event.code}`
  }
}
const MEANING: Record<string, string[]> = {
  '01': [`sent 2 ${ASHA} marketing/regular`],
  '02': [`delivered 4 ${ASHA} marketing/regular`],
  '03': [`read 95 ${ASHA}`],
  '04': [`read 7 ${JOAO} marketing/regular`],
  '05': [`delivered 6 ${JOAO} marketing/regular`],
  '06': [`delivered 4 ${ASHA} marketing/regular`],
  '07': [`failed 3 ${OMAR} 131049`],
  '08': [`failed 3 ${OMAR} 131026`],
  '09': [`failed 3 ${OMAR} 131050`],
  '10': [`failed 1900 ${OMAR} 132015`],
  '11': [`failed 3 ${OMAR} 131048`],
  '12': [`failed 3 ${OMAR} 131042`],
  '13': [`failed 3 ${OMAR} 131053`],
  '14': [`sent 2 ${ASHA} marketing/regular`],
  '15': [`delivered 5 ${JOAO} utility/free_customer_service`],
  '16': [`sent 5 ${JOAO} referral_conversion/free_entry_point`],
  '17': [`delivered 4 ${ASHA} marketing_lite/regular`],
  '18': [`delivered 4 ${ASHA} marketing/regular`, `sent 4 ${JOAO} marketing/regular`, `failed 4 ${OMAR} 131026`],
  '19': [`read 40 ${ASHA}`, 'sent 41 447700900123 utility/regular'],
  '20': [`read 40 ${ASHA}`, 'message_template_status_update 987650012345678 en_US PAUSED'],
  '21': ['delivered 9 15550001111'],
  '22': [],
  '23': ['delivered 12 GB.1189027745520938416 marketing/regular'],
  '24': ['delivered 6 5215512345678 marketing/regular'],
  '25': ['error 130429'],
  '26': [`button ${ASHA} "Yes, tell me more" c17.m9931.b0`],
  '27': [`button ${ASHA} "Not now" c17.m9931.b1`],
  '28': [`button ${JOAO} "Stop promotions" STOP_PROMOTIONS`],
  '29': [`interactive ${ASHA} "10:00" slot-10am`],
  '30': [`interactive ${ASHA} "Sent" ft_9931`],
  '31': [`text ${ASHA} "Do you ship to Nashik?"`],
  '32': [`text ${OMAR} " Stop. "`],
  '33': [`text ${OMAR} "Hi, I saw your ad"`],
  '34': [`image ${JOAO} "O pedido chegou assim"`],
  '35': [`reaction ${ASHA} "👍"`, `reaction ${ASHA} ""`],
  '36': [`unsupported ${ASHA} ""`],
  '37': [`identity ${OMAR} → 201119876543`],
  '38': ['identity 201119876543 → EG.8812309954471120066'],
  '39': ['text GB.1189027745520938416 "hello"'],
  '40': [`stop ${ASHA}`],
  '41': [`resume ${ASHA}`],
  '42': ['signup 5215512345678'],
  '43': ['message_template_status_update 987650012345678 en_US APPROVED'],
  '44': ['message_template_status_update 987650012345678 en_US REJECTED'],
  '45': ['message_template_status_update 987650012345678 en_US PAUSED'],
  '46': ['message_template_status_update 987650012345678 en_US DISABLED'],
  '47': ['message_template_quality_update 987650012345678 en_US YELLOW'],
  '48': ['template_category_update 987650012345679 pt_BR UTILITY'],
  '49': ['template_category_update 987650012345679 pt_BR MARKETING'],
  '50': ['message_template_components_update 987650012345678 en_US '],
  '51': ['phone_number_quality_update THROUGHPUT_UPGRADE'],
  '52': ['business_capability_update'],
  '53': ['account_update ACCOUNT_RESTRICTION'],
  '54': ['account_update DISABLED_UPDATE', 'account_update DISABLED_UPDATE'],
  '55': ['account_update VOLUME_BASED_PRICING_TIER_UPDATE'],
  '56': ['account_alerts'],
  '57': ['tracking_events'],
  '58': [],
  '59': [`delivered 4 ${ASHA}`],
  '60': [`read 7 ${JOAO}`],
}

test('there are sixty sample bodies and each has a meaning here', () => {
  assert.equal(FILES.length, 60)
  assert.deepEqual(
    FILES.map((file) => file.slice(0, 2)),
    Object.keys(MEANING).sort(),
  )
})
for (const file of FILES) {
  test(`${file} means what it should, and its signature is that of its exact bytes`, () => {
    const bytes = bytesOf(file)
    assert.deepEqual(readEvents(bytes.toString('utf8'), new Date(0)).map(shown), MEANING[file.slice(0, 2)])
    const signature = `sha256=${SIGNATURES.signatures[file]}`
    assert.ok(isSigned(bytes, signature, SIGNATURES.app_secret))
    assert.ok(!isSigned(Buffer.concat([bytes, Buffer.from(' ')]), signature, SIGNATURES.app_secret))
    assert.ok(!isSigned(bytes, signature, 'another secret'))
  })
}

test('any JSON at all is read without an exception', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      Array.isArray(readEvents(JSON.stringify({ object: 'whatsapp_business_account', entry: value }), new Date(0))),
    ),
  )
})

test('words stop only when they are the whole text, in many languages', () => {
  for (const word of ['STOP', ' Stop. ', 'opt-out', 'Parar!', 'ARRÊTER', 'إيقاف', 'बंद', 'dur']) assert.ok(isStopWord(word), word)
  for (const text of ['please stop', 'stopwatch', 'don’t stop', '', 'end of story']) assert.ok(!isStopWord(text), text)
  assert.ok(isStopButton('Stop promotions'))
  assert.ok(isStartWord('Start'))
})
