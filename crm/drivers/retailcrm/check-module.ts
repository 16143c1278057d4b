/** Our module in the account: is it there, switched on, and does it lead to us? */
import type { CheckLine } from '../../driver.ts';
import { type OurModule, ourModule } from './answers.ts';
import { fine, refusedLine, wrong } from './check-lines.ts';
import { type Desk, isNumber } from './desk.ts';
import { callbackUrl, codeOf } from './module.ts';

const START = 'CallMe registers it at each start: start it (`callme serve`), and look into its log if that does not help';

export async function moduleLines(desk: Desk, signal: AbortSignal): Promise<readonly CheckLine[]> {
  if (desk.settings.clientId === undefined) {
    const remedy = 'put a long random text into `clientId` (`openssl rand -hex 24`) and start CallMe';
    return [wrong('registration', 'without `clientId` CallMe registers no module', remedy), wrong('click-to-call', 'nothing would prove that a click comes from the account', remedy)];
  }
  const code = codeOf(desk);
  const reply = await desk.crm.ask(`integration-modules/${encodeURIComponent(code)}`, {}, { signal });
  if (!reply.ok && reply.status !== 404) return [refusedLine(reply, `the module ${code}`)];
  const said = reply.ok ? ourModule.safeParse(reply.said) : null;
  if (said?.success !== true) return [wrong('registration', `the account has no module ${code}`, START), ...clickLines(desk, null)];
  const { integrationModule } = said.data;
  return [registrationLine(desk, code, integrationModule), ...clickLines(desk, integrationModule), ...linesLines(desk, integrationModule)];
}

function registrationLine({ settings }: Desk, code: string, ours: OurModule): CheckLine {
  if (!ours.active) return wrong('registration', `the module ${code} is switched off`, 'switch it on in the account: Settings → Integration');
  if (ours.clientId !== null && ours.clientId !== settings.clientId) return wrong('registration', `the module ${code} has another \`clientId\` than ours`, START);
  return fine('registration', `the module ${code} is registered and on`);
}

function clickLines(desk: Desk, ours: OurModule | null): readonly CheckLine[] {
  const here = callbackUrl(desk, 'call');
  if (here === null) return [wrong('click-to-call', 'nobody outside can reach us', 'set `web.publicUrl` and lead it to `web.listen`')];
  const there = ours?.integrations?.telephony?.makeCallUrl ?? null;
  if (there === here) return [fine('click-to-call', 'clicks lead to us')];
  return [wrong('click-to-call', there === null ? 'the account has no address for clicks' : 'clicks lead to another address than ours', START)];
}

/** Lines belong to shops: without a shop none is registered, and none is missed. */
function linesLines({ settings: { site }, tools }: Desk, ours: OurModule): readonly CheckLine[] {
  const lines = tools.lines.filter(({ number }) => isNumber(number));
  if (lines.length === 0) return [];
  if (site === undefined) return [wrong('lines', 'the account knows lines by shop, and no shop is named', 'put the code of the shop into `site`')];
  const known = ours.integrations?.telephony?.externalPhones ?? [];
  const missing = lines.filter(({ number }) => !known.some((line) => line.siteCode === site && tools.numbers.same(line.externalPhone, number)));
  if (missing.length === 0) return [fine('lines', 'the account knows every line')];
  return [wrong('lines', `lines that the account does not know: ${missing.length} (${missing.map(({ name }) => name).join(', ').slice(0, 200)})`, START)];
}
