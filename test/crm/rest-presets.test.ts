/** Every examples/rest-*.yaml is a whole configuration, and tells a call to a CRM of its shape. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { checkAccounts, loadConfig } from '../../app/config/index.ts';
import { driverShelf } from '../../app/driver-shelf.ts';
import type { Fact } from '../../core/facts.ts';
import rest from '../../crm/drivers/rest.ts';
import type { Settings } from '../../crm/drivers/rest/settings.ts';
import type { DriverKind, DriverTools } from '../../crm/driver.ts';
import { CLIENT, type Examined, type Rig, rig, story, STRANGER } from '../contract/driver-stage.ts';
import { type Shaped, startDjango, startMango, startMegaPbx, startOdoo, startSuperfecta, startZammad } from '../fakes/crm/rest-presets.ts';

const ROOT = join(import.meta.dirname, '../..');
const ENV = { CALLME_AMI_SECRET: 'example-ami', CRM_TOKEN: 'crm-token-0001', ODOO_API_KEY: 'odoo-api-key-01', ZAMMAD_CTI_TOKEN: 'zammad-cti-token-1', MANGO_KEY: 'mango-key-0001', MANGO_SALT: 'mango-salt-000001' };
const { signal } = new AbortController();

async function accountOf(name: string, env: Readonly<Record<string, string>> = ENV): Promise<Settings> {
  const loaded = loadConfig({ file: join(ROOT, 'examples', name), env, cwd: '/' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const { accounts, mistakes } = await checkAccounts(loaded, driverShelf);
  if (accounts[0] === undefined || mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
  return accounts[0].settings.reveal() as Settings;
}

type Kept = Readonly<Record<string, unknown>>;

/** The example's account, led to the stand-in. */
async function told(t: Test, example: string, crm: Shaped<Kept>, tools: Partial<DriverTools> = {}): Promise<Rig> {
  const settings = { ...await accountOf(example), url: `${crm.origin}/` };
  // What a config holds was read by the schema before: here the reading itself is the stage's settings.
  const kind = { ...rest, settings: { parse: () => settings } } as unknown as DriverKind;
  const examined: Examined = { kind, start: async () => ({ standIn: crm, settings: {}, tools, told: () => ({ ended: 0, record: null }) }), sound: 'none', mistakes: {}, impossible: {} };
  return rig(t, examined);
}

const outbound = (fact: Fact): Fact => ({ ...fact, direction: 'outbound' }) as Fact;

t.test('each example is covered here', async (t) => {
  const examples = readdirSync(join(ROOT, 'examples')).filter((name) => name.startsWith('rest-'));
  t.same(examples.toSorted(), ['rest-django.yaml', 'rest-mango.yaml', 'rest-megapbx.yaml', 'rest-odoo.yaml', 'rest-superfecta.yaml', 'rest-zammad.yaml']);
  for (const example of examples) t.ok(await accountOf(example), example);
});

t.test('Django: lookup/<number> and route/<caller>/<did>', async (t) => {
  let target: unknown = { target: '207' };
  const crm = await startDjango(() => target);
  const one = await told(t, 'rest-django.yaml', crm);
  t.match(await one.driver().lookup('8 (903) 555-01-42', signal), { id: '5', name: 'Irina Orlova' });
  t.equal(await one.driver().lookup(STRANGER, signal), null);
  const route = () => one.driver().route?.(CLIENT, '74950000101', signal);
  t.equal(await route(), '207');
  t.equal(crm.ledger.at(-1)?.method, 'GET /route/79035550142/74950000101');
  for (const nobody of [{ target: null }, { target: '' }, {}]) { target = nobody; t.equal(await route(), null, JSON.stringify(nobody)); }
  for (const [plain, extension] of [['208', '208'], [209, '209'], ['*97', '*97'], [{ target: 210 }, '210']] as const) { target = plain; t.equal(await route(), extension, `plain text or a number: ${JSON.stringify(plain)}`); }
  for (const evil of [{ target: '207,20,tT' }, { target: '207@internal' }, { target: '1'.repeat(21) }, { target: ['207'] }, 'SIP/207', '<html>207</html>', { target: '207\r\nX: y' }]) {
    target = evil;
    await t.rejects(Promise.resolve(route()), { name: 'CrmFailure' }, JSON.stringify(evil));
  }
  for (const fact of story('1790.17', one.sound).all) t.match(await one.deliver(fact), { kind: 'skipped' }, fact.kind);
});

t.test('Odoo: who calls, by JSON-RPC; its error is no answer', async (t) => {
  const crm = await startOdoo();
  const one = await told(t, 'rest-odoo.yaml', crm);
  t.match(await one.driver().lookup(CLIENT, signal), { name: 'Irina Orlova', owner: null });
  t.equal(await one.driver().lookup(STRANGER, signal), null);
  crm.misbehave({ lie: { kind: 'answer', status: 200, body: { jsonrpc: '2.0', error: { message: 'Access Denied' } } } });
  await t.rejects(one.driver().lookup(CLIENT, signal), { code: 'CRM_LOOKUP_FAILED' });
});

t.test('Superfecta: an address with placeholders, the name as text', async (t) => {
  const crm = await startSuperfecta();
  const one = await told(t, 'rest-superfecta.yaml', crm);
  t.match(await one.driver().lookup(CLIENT, signal), { name: 'Irina Orlova' });
  t.equal(await one.driver().lookup(STRANGER, signal), null);
  for (const fact of story('1790.17', one.sound).all) await one.deliver(fact);
  t.match(crm.kept, [{ number: '9035550142', extension: '207' }, { number: '9035550142', extension: '208' }]);
  t.equal(crm.kept.length, 2, 'the pop-ups, and nothing else');
});

t.test('MegaPBX: contact, event, history', async (t) => {
  const crm = await startMegaPbx();
  const one = await told(t, 'rest-megapbx.yaml', crm);
  t.match(await one.driver().lookup(CLIENT, signal), { name: 'Irina Orlova', owner: { extension: '207' } });
  t.equal(await one.driver().lookup(STRANGER, signal), null);
  crm.misbehave({ lie: { kind: 'reset-after' }, after: 3 });
  for (const fact of story('1790.17', one.sound).all) await one.insist(fact);
  t.same(crm.kept.filter(({ cmd }) => cmd === 'event').map(({ type, ext }) => [type, ext]), [['INCOMING', '207'], ['INCOMING', '208'], ['ACCEPTED', '207']]);
  const histories = crm.kept.filter(({ cmd }) => cmd === 'history');
  t.equal(histories.length, 1);
  t.match(histories[0], { status: 'Success', type: 'in', phone: '79035550142', ext: '207', user: '7', duration: '42', diversion: '74950000101', link: /^https:\/\/pbx\.example\.org\/.*call-1790\.17/ });
  for (const fact of story('1790.18', one.sound).durable) await one.insist(outbound(fact));
  t.match(crm.kept.find(({ type, callid }) => callid === '1790.18' && type === 'OUTGOING'), { ext: '207' });
});

t.test('Zammad: newCall, answer, hangup; a repeated newCall is a yes; a call without a beginning gets one', async (t) => {
  for (const lie of ['reset-after', 'half-body', 'reset-before'] as const) {
    for (const after of [0, 1, 2]) {
      const crm = await startZammad();
      const one = await told(t, 'rest-zammad.yaml', crm);
      crm.misbehave({ lie: { kind: lie }, after });
      for (const fact of story('1790.17', one.sound).all) t.match(await one.insist(fact), { kind: /delivered|skipped/ }, fact.kind);
      t.equal(crm.kept.length, 1);
      t.match(crm.kept[0], { event: 'hangup', from: '79035550142', to: '74950000101', direction: 'in', cause: 'normalClearing' });
    }
  }
  const crm = await startZammad();
  const one = await told(t, 'rest-zammad.yaml', crm);
  crm.misbehave({ lie: { kind: 'reset-after' } });
  t.match(await one.insist(outbound(story('1790.18', one.sound, { outcome: 'busy' }).durable[1] as Fact)), { kind: 'delivered' });
  t.match(crm.kept, [{ event: 'hangup', from: '74950000101', to: '79035550142', direction: 'out', cause: 'busy' }]);
});

t.test('Mango: JSON in a form, signed', async (t) => {
  const crm = await startMango();
  const one = await told(t, 'rest-mango.yaml', crm);
  for (const fact of story('1790.17', one.sound).all) await one.insist(fact);
  t.same(crm.kept.map(({ call_state: state, entry_result: result }) => state ?? result), ['Appeared', 'Connected', 1]);
  t.match(crm.kept[2], { entry_id: '1790.17', call_direction: 1, from: { number: '79035550142' }, to: { number: '74950000101', extension: '207' } });
});

t.test('the check is content with each of them, and finds the wrong token where a question shows it', async (t) => {
  const stages = { 'rest-django.yaml': () => startDjango(() => ({ target: null })), 'rest-odoo.yaml': startOdoo, 'rest-superfecta.yaml': startSuperfecta, 'rest-megapbx.yaml': startMegaPbx, 'rest-zammad.yaml': startZammad, 'rest-mango.yaml': startMango };
  for (const [example, start] of Object.entries(stages)) {
    const one = await told(t, example, await start());
    const lines = await one.driver().check(signal);
    t.ok(lines.length > 0 && lines.every(({ ok }) => ok), `${example}: ${JSON.stringify(lines)}`);
    one.stage.standIn?.misbehave({ lie: { kind: 'answer', status: 401, body: {} }, times: Infinity });
    const locked = (await one.driver().check(signal)).filter(({ ok }) => !ok);
    t.equal(locked.some(({ code }) => code === 'token'), !['rest-zammad.yaml', 'rest-mango.yaml'].includes(example), example);
  }
});
