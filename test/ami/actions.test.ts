import t from 'tap';
import { allowedActions, command, coreShowChannels, getVersion, livingChannels, ping, statusWithVariables } from '../../ami/actions.ts';
import { block, response } from '../fakes/ami.ts';
import { stage } from './stage.ts';

t.test('ping, list of channels, status with variables', async (t) => {
  const { pbx, link } = await stage(t, { channels: [[['Uniqueid', '1.1'], ['Variable', 'CallMeLID=1.1'], ['Variable', 'CallMeFILE=(null)']]] });
  await ping(link);
  const channels = await coreShowChannels(link);
  t.equal(channels.kind === 'list' && channels.items[0]?.event, 'CoreShowChannel');
  const status = await statusWithVariables(link, ['CallMeLID', 'CHANNEL(linkedid)']);
  t.same(status.kind === 'list' && status.items[0]?.all('Variable'), ['CallMeLID=1.1', 'CallMeFILE=(null)']);
  t.equal((await pbx.next('Status')).text('Variables'), 'CallMeLID,CHANNEL(linkedid)');
});

t.test('Status in the shape of CoreShowChannels', async (t) => {
  const { link } = await stage(t, { write: ['call'], channels: [[['Uniqueid', '1.1'], ['BridgeID', 'b1'], ['Seconds', '3725']], [['Uniqueid', '1.2']]] });
  const { channels, refused } = await livingChannels(link);
  t.equal(refused, 'Permission denied');
  const items = channels.kind === 'list' ? channels.items : [];
  t.same(items.map((item) => [item.event, item.text('BridgeId'), item.text('Duration')]), [['CoreShowChannel', 'b1', '01:02:05'], ['CoreShowChannel', '', '00:00:00']]);
});

t.test('version: by CoreSettings, else by the command, else Asterisk’s refusal', async (t) => {
  const asked = async (write: readonly ('system' | 'command')[]): Promise<unknown> => getVersion((await stage(t, { write })).link);
  t.same(await asked(['system']), { kind: 'told', value: '22.10.1' });
  t.same(await asked(['command']), { kind: 'told', value: '22.10.1' });
  t.same(await asked([]), { kind: 'refused', message: 'Permission denied' });
});

t.test('a command’s output: lines of today’s Asterisk, and of the old form', async (t) => {
  const { pbx, link } = await stage(t);
  pbx.on('Command', (action) => response(action, 'Success', ['Message', 'Command output follows'], ['Output', 'one: 1'], ['Output', ''], ['Output', 'two']));
  t.same(await command(link, 'core show uptime'), { kind: 'told', value: ['one: 1', '', 'two'] });
  pbx.on('Command', (action) => `Response: Follows\r\nActionID: ${action.text('actionid')}\r\none\r\ntwo\r\n--END COMMAND--\r\n\r\n`);
  const old = await command(link, 'core show uptime');
  t.same(old.kind === 'told' && old.value.slice(-2), ['one', 'two']);
});

t.test('what is allowed: the names of ListCommands', async (t) => {
  const { pbx, link } = await stage(t);
  pbx.on('ListCommands', (action) => block([['Response', 'Success'], ['ActionID', action.text('actionid')], ['Originate', 'Originate a call. (Priv: originate,all)'], ['Ping', 'Keepalive. (Priv: <none>)']]));
  t.same([...await allowedActions(link)], ['originate', 'ping']);
});
