import t from 'tap';
import { cardPolicy } from '../../core/cards.ts';
import type { CardMode, Extension } from '../../core/words.ts';

const ext = (text: string): Extension => text as Extension;
const employees = [{ extension: ext('219') }, { extension: ext('220'), card: 'answer' as const }, { extension: ext('221'), card: 'never' as const }];

/** mode, extensions, who, when the card opens. */
const TABLE: [CardMode, string[], string, CardMode][] = [
  ['ringing', [], '219', 'ringing'],
  ['answer', [], '219', 'answer'],
  ['never', [], '219', 'never'],
  ['ringing', [], '220', 'answer'],
  ['never', [], '220', 'answer'],
  ['ringing', [], '221', 'never'],
  ['ringing', [], '299', 'ringing'],
  ['ringing', ['219', '220'], '219', 'ringing'],
  ['ringing', ['219', '220'], '220', 'answer'],
  ['ringing', ['219', '221'], '220', 'never'],
  ['ringing', ['219', '221'], '221', 'never'],
  ['ringing', ['299'], '299', 'ringing'],
  ['answer', ['219'], '299', 'never'],
  ['never', ['219'], '219', 'never'],
];

t.test('when a card opens on whose screen', async (t) => {
  for (const [mode, extensions, who, opens] of TABLE) {
    t.equal(cardPolicy({ mode, extensions: extensions.map(ext), employees })(ext(who)), opens, `${mode}, list [${extensions.join(' ')}], ${who}`);
  }
});
