import t from 'tap';
import { REASONS, createRouter, decideRoute, isDialable } from '../../core/routing.ts';
import type { Finding, RoutingRules } from '../../core/routing.ts';
import type { AccountId, Contact, Extension } from '../../core/words.ts';

const extension = (text: string): Extension => text as Extension;
const LINE = '74951234567';
const RULES: RoutingRules = {
  mode: 'crm_responsible', fallback: 'default', lines: {}, internal: '^[0-9]{2,5}$',
  employees: [{ extension: extension('219'), name: 'Anna', crm: { b24: 7 } }, { extension: extension('220'), name: 'Boris', crm: { b24: '8', amo: 7 } }],
};
const found = (owner: Contact['owner'], account = 'b24', source: 'cache' | 'live' = 'live'): Finding =>
  ({ kind: 'found', account: account as AccountId, source, contact: { id: '318', type: 'contact', name: 'Irina', owner } });
const decide = (finding: Finding, rules: Partial<RoutingRules> = {}): unknown => {
  const { target, reason, source } = decideRoute({ ...RULES, ...rules }, LINE, finding);
  return [target, reason, source];
};

t.test('the owner takes the call', async (t) => {
  t.same(decide(found({ crmUser: '7', extension: extension('219') }, 'b24', 'cache')), ['219', 'owner-of-contact', 'cache']);
  t.same(decide(found({ crmUser: '7', extension: null })), ['219', 'owner-of-contact', 'live'], 'by the config, number 7');
  t.same(decide(found({ crmUser: '8', extension: null })), ['220', 'owner-of-contact', 'live'], 'by the config, text 8');
  t.same(decide(found({ crmUser: '7', extension: null }, 'amo')), ['220', 'owner-of-contact', 'live'], 'user 7 of another account is somebody else');
  t.same(decide(found({ crmUser: '7', extension: extension('999') })), ['219', 'owner-of-contact', 'live'], 'a foreign extension, but a known user');
  t.equal(decideRoute(RULES, LINE, found(null)).name, 'Irina', 'the name is told even when nobody owns the contact');
});

t.test('every way to the default route has its reason', async (t) => {
  t.same(decide(found(null)), [null, 'contact-without-owner', 'fallback']);
  t.same(decide(found({ crmUser: '99', extension: null })), [null, 'owner-has-no-extension', 'fallback']);
  t.same(decide(found({ crmUser: null, extension: null })), [null, 'owner-has-no-extension', 'fallback']);
  t.same(decide(found({ crmUser: '99', extension: extension('999') })), [null, 'owner-not-ours', 'fallback']);
  t.same(decide({ kind: 'none', source: 'live' }), [null, 'unknown-number', 'fallback']);
  t.same(decide({ kind: 'hidden' }), [null, 'hidden-number', 'fallback']);
  t.same(decide({ kind: 'late' }), [null, 'crm-late', 'timeout']);
  t.same(decide({ kind: 'failed', why: '500' }), [null, 'crm-failed', 'fallback']);
  for (const text of Object.values(REASONS)) t.match(text, /^[a-z].*[a-z]$/i);
});

t.test('a fallback extension stands in for the default route', async (t) => {
  for (const finding of [{ kind: 'hidden' }, { kind: 'late' }, found(null)] as const) {
    t.equal(decideRoute({ ...RULES, fallback: extension('200') }, LINE, finding).target, '200');
  }
});

t.test('with crm_responsible the line map comes between owner and fallback, and the reason stays', async (t) => {
  const rules = { lines: { [LINE]: extension('205') }, fallback: extension('200') };
  t.same(decide({ kind: 'none', source: 'live' }, rules), ['205', 'unknown-number', 'fallback']);
  t.same(decide({ kind: 'late' }, rules), ['205', 'crm-late', 'timeout']);
  t.same(decide(found({ crmUser: '7', extension: null }), rules), ['219', 'owner-of-contact', 'live']);
  t.match(decideRoute({ ...RULES, ...rules }, LINE, { kind: 'late' }).text, /not answer in time; the called line is mapped/);
});

t.test('static_mapping asks the map alone', async (t) => {
  const rules = { mode: 'static_mapping', lines: { [LINE]: extension('205') } } as const;
  t.same(decide(found({ crmUser: '7', extension: null }), rules), ['205', 'line-mapped', 'fallback']);
  t.same(decide({ kind: 'late' }, rules), ['205', 'line-mapped', 'fallback']);
  t.same(decide({ kind: 'none', source: 'live' }, { ...rules, lines: {} }), [null, 'line-unmapped', 'fallback']);
  t.equal(decideRoute({ ...RULES, ...rules }, LINE, found(null)).name, 'Irina');
  t.equal(decideRoute({ ...RULES, ...rules }, 'constructor', { kind: 'hidden' }).target, null, 'no line is named like what objects have');
});

t.test('without employees any internal number of the CRM is ours, and nothing else', async (t) => {
  const rules = { employees: [] };
  t.same(decide(found({ crmUser: '7', extension: extension('207') }), rules), ['207', 'owner-of-contact', 'live']);
  t.same(decide(found({ crmUser: '7', extension: extension('79035550142') }), rules), [null, 'owner-not-ours', 'fallback']);
});

t.test('no text that Dial() could misread becomes a target, whoever names it', async (t) => {
  const evil = extension('219&PJSIP/7900@trunk');
  t.notOk(isDialable(evil));
  t.notOk(isDialable(''));
  t.notOk(isDialable('219\n'));
  t.ok(isDialable('*8+20-1#_a'));
  const employees = [{ extension: evil, name: 'Eve', crm: { b24: 7 } }];
  t.equal(decideRoute({ ...RULES, employees }, LINE, found({ crmUser: '7', extension: evil })).target, null);
  t.equal(decideRoute({ ...RULES, employees: [], internal: '.*' }, LINE, found({ crmUser: '7', extension: evil })).target, null);
  t.equal(decideRoute({ ...RULES, lines: { [LINE]: evil }, fallback: evil }, LINE, { kind: 'hidden' }).target, null);
});

t.test('the router asks only about numbers', async (t) => {
  const asked: string[] = [];
  const route = createRouter(RULES, (number) => { asked.push(number); return Promise.resolve({ kind: 'none', source: 'live' }); });
  const signal = new AbortController().signal;
  t.match(await route({ number: '', line: LINE, signal }), { reason: 'hidden-number' });
  t.match(await route({ number: '+79035550142', line: LINE, signal }), { reason: 'unknown-number' });
  t.same(asked, ['+79035550142']);
});
