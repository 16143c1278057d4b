/** The stand-in's own refusals: a forgiving stand-in passes every driver. */
import t from 'tap';
import { bench } from '../fakes/crm/amocrm-bench.ts';
import { addCard, REDIRECT } from '../fakes/crm/amocrm.ts';

t.test('the stand-in is strict', async (t) => {
  const { peer, http } = await bench(t);
  const headers = { authorization: `Bearer ${peer.token}` };
  const ask = (method: 'GET' | 'POST' | 'PUT', path: string, json?: unknown) =>
    http.request({ method, url: peer.origin + path, headers, timeoutMs: 5000, ...(json === undefined ? {} : { json }) });
  const [card] = [...peer.amo.cards.values()];
  const call = { direction: 'inbound', duration: 1, source: 'x', phone: '+79035550142' };
  const status = async (path: string, json: unknown): Promise<number> => (await ask('POST', path, json)).status;

  await t.test('calls (2.4)', async (t) => {
    t.equal(await status('/api/v4/calls', [call]), 200);
    for (const bad of [
      call, [], [{ ...call, direction: 'in' }], [{ ...call, duration: 1.5 }], [{ ...call, duration: '1' }], [{ ...call, source: '' }], [{ ...call, phone: undefined }],
      [{ ...call, link: null }], [{ ...call, call_result: null }], [{ ...call, call_status: null }], [{ ...call, call_status: 9 }], [{ ...call, created_by: 404 }],
      [{ ...call, created_at: '2026-01-01' }], [{ ...call, colour: 'red' }],
    ]) t.equal(await status('/api/v4/calls', bad), 400, JSON.stringify(bad));
    t.match(await ask('POST', '/api/v4/calls', [{ ...call, phone: '+79990000000' }]), { status: 400, body: { errors: [{ title: 'Entity not found' }], _embedded: { calls: [] } } });
    await ask('POST', '/api/v4/calls', [{ ...call, uniq: 'u' }]);
    await ask('POST', '/api/v4/calls', [{ ...call, uniq: 'u' }]);
    t.equal(peer.callsOf('u').length, 2, 'uniq is not compared');
    t.equal((await ask('GET', '/api/v4/calls')).status, 404, 'write only');
  });

  await t.test('unsorted (2.5)', async (t) => {
    const metadata = { phone: '+7999', call_responsible: 7, called_at: 1, duration: 0, link: '', service_code: 'x', uniq: '1' };
    const item = { source_uid: 'x', source_name: 'x', _embedded: { leads: [], contacts: [] }, metadata };
    t.equal(await status('/api/v4/leads/unsorted/sip', [item]), 200);
    for (const bad of [[{ ...item, source_uid: undefined }], [{ ...item, metadata: { ...metadata, link: undefined } }], [{ ...item, metadata: { ...metadata, uniq: '' } }], [{ ...item, pipeline_id: 1 }], []]) {
      t.equal(await status('/api/v4/leads/unsorted/sip', bad), 400, JSON.stringify(bad));
    }
    t.equal((await ask('GET', '/api/v4/contacts?query=7999')).status, 204, 'nobody sees them yet');
  });

  await t.test('notes, contacts, pop-ups (2.3, 2.6, 2.7)', async (t) => {
    const params = { uniq: '1', duration: 1, source: 'x', phone: '1' };
    t.equal(await status(`/api/v4/contacts/${card?.id}/notes`, [{ note_type: 'call_in', params }]), 200);
    for (const bad of [[{ note_type: 'call', params }], [{ note_type: 'call_in', params: { ...params, link: null } }], [{ note_type: 'call_in', params, created_by: 404 }], [{ note_type: 'common', params: {} }]]) {
      t.equal(await status(`/api/v4/contacts/${card?.id}/notes`, bad), 400, JSON.stringify(bad));
    }
    t.equal(await status('/api/v4/contacts/1/notes', [{ note_type: 'call_in', params }]), 404);
    t.equal(await status(`/api/v4/leads/${card?.id}/notes`, [{ note_type: 'call_in', params }]), 404, 'a contact is no lead');
    t.equal(await status('/api/v4/contacts', [{ name: null }]), 400);
    t.equal((await ask('GET', '/api/v4/contacts?query=89035550142')).status, 204, 'a leading 8 misses');
    t.equal(await status('/api/v2/events', { add: [{ type: 'phone_call', phone_number: '1' }] }), 400, 'nobody named');
    t.equal(await status('/api/v2/events', { add: [{ type: 'phone_call', phone_number: '1', users: [404] }] }), 400);
  });

  await t.test('the drive (2.9)', async (t) => {
    t.equal(await status('/drive/v1.0/sessions', { file_name: 'a.mp3' }), 400);
    t.equal(await status('/drive/v1.0/sessions', { file_name: '../a.mp3', file_size: 1, content_type: 'x' }), 400);
    t.equal(await status('/drive/v1.0/upload/1/0', {}), 404);
    t.equal(await status('/drive/v1.0/sessions', { file_name: 'a.mp3', file_size: 10, content_type: 'x' }), 200);
    const [session] = [...peer.amo.sessions.keys()];
    t.equal(await status(`/drive/v1.0/upload/${session}/1`, {}), 400, 'the second part first');
    t.equal(await status(`/drive/v1.0/upload/${session}/0`, 'x'.repeat(5000)), 400, 'a part that is too large');
    t.equal((await ask('PUT', `/api/v4/contacts/${card?.id}/files`, [{ file_uuid: 'none' }])).status, 400);
  });

  await t.test('tokens, the account, webhooks (2.1, 2.2, 2.10)', async (t) => {
    t.equal((await http.request({ method: 'GET', url: `${peer.origin}/api/v4/account`, timeoutMs: 5000 })).status, 401);
    const grant = { client_id: 'integration-1', client_secret: 'clientsecret', grant_type: 'refresh_token', redirect_uri: REDIRECT, refresh_token: peer.amo.tokens.consent().refresh };
    for (const bad of [{ ...grant, redirect_uri: `${REDIRECT}/` }, { ...grant, grant_type: 'password' }, { ...grant, refresh_token: 'none' }]) t.equal(await status('/oauth2/access_token', bad), 400, JSON.stringify(bad).slice(0, 200));
    t.equal(await status('/oauth2/access_token', { ...grant, client_secret: 'x' }), 401);
    t.equal(await status('/oauth2/access_token', grant), 200);
    t.equal(await status('/oauth2/access_token', grant), 400, 'a refresh token has one use');
    t.equal(await status('/api/v4/webhooks', { destination: 'http://pbx.example.org/x', settings: ['add_contact'] }), 400);
    t.equal(await status('/api/v4/webhooks', { destination: 'https://пбх.example/x', settings: ['add_contact'] }), 400);
    t.equal(await status('/api/v4/webhooks', { destination: 'https://pbx.example.org/x', settings: ['everything'] }), 400);
  });
});

t.test('where a call lands (2.4)', async (t) => {
  const { peer, http } = await bench(t);
  const json = [{ direction: 'inbound', duration: 1, source: 'x', phone: '89035550142' }];
  const land = async (): Promise<unknown> => (await http.request({ method: 'POST', url: `${peer.origin}/api/v4/calls`, headers: { authorization: `Bearer ${peer.token}` }, json, timeoutMs: 5000 })).body;
  const [contact] = [...peer.amo.cards.values()];
  const [lead, customer] = [addCard(peer.amo, 'leads'), addCard(peer.amo, 'customers')];
  t.match(await land(), { _embedded: { calls: [{ entity_id: contact?.id, entity_type: 'contact' }] } });
  contact?.leads.push({ id: lead.id, active: true });
  t.match(await land(), { _embedded: { calls: [{ entity_id: lead.id, entity_type: 'lead' }] } });
  contact?.customers.push(customer.id);
  t.match(await land(), { _embedded: { calls: [{ entity_id: contact?.id, entity_type: 'contact' }] } }, 'a lead and a customer: the contact');
  contact?.leads.splice(0);
  t.match(await land(), { _embedded: { calls: [{ entity_id: customer.id, entity_type: 'customer' }] } });
});
