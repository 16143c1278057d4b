/** The whole configuration (docs/config.md says it in prose). A key that is not here is a mistake. */
import { z } from 'zod';
import type { AccountId, Extension, PbxId } from '../../core/words.ts';
import { address, flag, folder, id, isTimezone, listen, pattern, regex, secret, storeUrl, text, told, webUrl, whole } from './fields.ts';
import { ruleMistake } from '../phones.ts';
import { maskStoreUrl, Secret } from './secret.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const CARD_MODES = ['ringing', 'answer', 'never'] as const;
/** `auto`: on Debian's and Ubuntu's builds, where it is safe. */
export const HEAL_MODES = ['auto', 'never'] as const;
export const ROUTING_MODES = ['crm_responsible', 'static_mapping'] as const;

const tls = z.strictObject({
  ca: text('a certificate in PEM, for a PBX that signed its own', 'ca: "${file:asterisk-ca.pem}"').exactOptional(),
  servername: text('the name in the certificate, where it is not the host', 'servername: pbx.example.org').exactOptional(),
});

const ami = z.strictObject({
  host: text('a host name or an IP address', 'host: 127.0.0.1').default('127.0.0.1'),
  port: whole(1, 65_535, 'a TCP port', 'port: 5038').default(5038),
  username: text('the section name in manager.conf', 'username: callme'),
  secret: secret('the secret in manager.conf', 'secret: "${env:CALLME_AMI_SECRET}"'),
  tls: told(z.union([z.boolean(), tls]), 'true, false, or a section with ca, servername', 'tls: true').default(false),
  allowPlain: flag('send the password and the calls unencrypted to another machine', 'allowPlain: false').default(false),
});

const timezone = told(z.string().refine(isTimezone), 'a time zone', 'timezone: Europe/Moscow').exactOptional();
const source = <Name extends string>(name: Name) => told(z.literal(name), 'csv, mysql or postgres', 'source: csv');
const table = (example: string) => told(z.string().regex(/^([A-Za-z_][A-Za-z0-9_]{0,62})?$/), 'the name of a table, "" = there is none', example);
const database = { url: told(z.string().regex(/^(mysql|mariadb|postgres|postgresql):\/\/.+/).transform((value) => new Secret(value, maskStoreUrl(value))),
  'the address of the database', 'url: "mysql://callme:${env:CDR_PASSWORD}@127.0.0.1/asteriskcdrdb"'), cel: table('cel: cel').default('cel'), cdr: table('cdr: cdr').default('cdr'), timezone };
const books = told(z.discriminatedUnion('source', [
  z.strictObject({ source: source('csv'), cel: folder('the CSV file of cel_custom', 'cel: /var/log/asterisk/cel-custom/Master.csv').exactOptional(),
    cdr: folder('the CSV file of cdr_csv', 'cdr: /var/log/asterisk/cdr-csv/Master.csv').exactOptional(), timezone }),
  z.strictObject({ source: source('mysql'), ...database }),
  z.strictObject({ source: source('postgres'), ...database }),
]), 'where this Asterisk writes CEL and CDR: a section with source: csv, mysql or postgres', 'cdr: { source: csv, cdr: /var/log/asterisk/cdr-csv/Master.csv }');

/** How a click in a CRM is carried out: an Originate rings the employee, then dials the client in `context`. */
const originate = z.strictObject({
  channel: told(z.string().regex(/^[A-Za-z0-9]+\/[^\s,&|()]*\{extension\}[^\s,&|()]*$/), 'a channel with {extension} in it', 'channel: "PJSIP/{extension}"').default('PJSIP/{extension}'),
  context: told(z.string().regex(/^[A-Za-z0-9_-]{1,79}$/), 'the context that employees dial in', 'context: from-internal').default('from-internal'),
  number: told(z.enum(['digits', 'e164', 'national']), 'how the client is dialled: digits (79161234567), e164 (+79161234567) or national (9161234567)', 'number: digits').default('digits'),
  prefix: told(z.string().regex(/^[0-9*#+]{0,10}$/), 'digits that are dialled before the number', 'prefix: "9"').default(''),
  ringSeconds: whole(5, 300, 'seconds that the employee\'s telephone rings', 'ringSeconds: 30').default(30),
  member: told(z.string().regex(/^[A-Za-z0-9]+\/[^\s,&|()]*\{extension\}[^\s,&|()]*$/), 'the name of an employee in the queues, with {extension} in it', 'member: "Local/{extension}@from-queue/n"').exactOptional(),
});

const pbx = z.strictObject({
  id: id('PBX', 'id: main').transform((value) => value as PbxId),
  ami,
  recordings: folder('the folder that the dialplan kit records into',
    'recordings: /var/spool/asterisk/continuous').default('/var/spool/asterisk/continuous'),
  external: told(z.array(regex('channels that lead outside', '"^PJSIP/trunk"')).min(1),
    'a list of regular expressions for the names of channels that lead outside', 'external: ["^(PJSIP|SIP|IAX2|DAHDI)/trunk"]'),
  lines: told(z.array(text('a number', '"74951234567"')), 'a list of numbers to watch; empty = all', 'lines: []').default([]),
  cdr: books.exactOptional(),
  originate: originate.prefault({}),
});

/** The driver's own keys are checked by the driver (`accounts.ts`). */
const account = z.looseObject({
  id: id('account', 'id: b24').transform((value) => value as AccountId),
  driver: text('the name of a driver, or the path or package of your own', 'driver: bitrix24'),
  pace: z.strictObject({
    perSecond: told(z.number().positive().max(1_000), 'requests a second, above 0', 'perSecond: 2'),
    burst: whole(1, 10_000, 'requests at once after a rest', 'burst: 45').exactOptional(),
    parallel: whole(1, 64, 'requests under way at once', 'parallel: 4').exactOptional(),
  }).exactOptional(),
});

/** What may stand in a dial string (core/routing.ts has the same rule for what a CRM says). */
const extension = (example: string, expected = 'an extension') => told(
  z.string().regex(/^[0-9A-Za-z_*#+-]{1,40}$/).transform((value) => value as Extension), expected, example);

const cardMode = told(z.enum(CARD_MODES), `when the card opens: one of ${CARD_MODES.join(', ')}`, 'card: ringing');

const employee = z.strictObject({
  extension: extension('extension: "219"'),
  name: told(z.string(), 'the name of a person', 'name: "Anna"').default(''),
  crm: told(z.record(z.string(), z.union([z.number(), z.string()])), 'per account, the id of the user in that CRM', 'crm: { b24: 7 }').default({}),
  mobile: told(z.array(told(z.string().regex(/^\+?[0-9 ()-]{7,20}$/), 'a telephone number', '"+79161234567"')), "a list of this employee's own numbers outside", 'mobile: ["+79161234567"]').exactOptional(),
  card: cardMode.exactOptional(),
});

const lineRule = told(z.union([
  z.string().regex(/^\+?[0-9]*\{[1-9][0-9]?\}$/),
  z.strictObject({ match: z.string().min(1).max(200), replace: z.string().max(60) }),
]).refine((rule) => ruleMistake(rule) === null), 'a prefix and how many digits follow, or a section with match (a regular expression) and replace', '"+375{9}"');
const line = z.strictObject({
  number: text('the number (DID) or trunk', 'number: "74951234567"'),
  name: told(z.string().max(100), 'what people call it', 'name: "Sales"').default(''),
  rules: told(z.array(lineRule), 'a list of rules for the numbers that call here, the first that fits decides', 'rules: ["+375{9}"]').default([]),
});

const sqlite = storeUrl('url: "sqlite:callme.db"');
const level = told(z.enum(LOG_LEVELS), `one of ${LOG_LEVELS.join(', ')}`, 'level: info');
const country = told(z.string().regex(/^[A-Z]{2}$/), 'a country as two capital letters (ISO 3166)', 'country: RU');
const mode = told(z.enum(ROUTING_MODES), `one of ${ROUTING_MODES.join(', ')}`, 'mode: crm_responsible');
const channels = told(z.enum(['mono', 'stereo']), 'mono or stereo', 'channels: mono');
const recordingRule = z.strictObject({
  line: pattern('lines: the number that was called, or the trunk that was called through', 'line: "^74951234567$"').exactOptional(),
  direction: told(z.enum(['inbound', 'outbound']), 'inbound or outbound', 'direction: outbound').exactOptional(),
  extension: pattern('extensions', 'extension: "^(219|220)$"').exactOptional(),
  number: pattern("the client's number, digits alone", 'number: "^7495"').exactOptional(),
  record: flag('record such a call', 'record: false'),
});
// No dot in its name: Playback() wants no ending.
const sound = told(z.string().regex(/^\/?(?!.*\.\.)([A-Za-z0-9_.-]+\/)*[A-Za-z0-9_-]+$/), 'a sound file of Asterisk, without its ending', 'announce: "custom/this-call-is-recorded"');
const bitrate = told(z.union([8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160].map((rate) => z.literal(rate))),
  'an MP3 bitrate: 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144 or 160', 'bitrateKbps: 64');

const keptDays = whole(0, 36_500, 'days (0 = for ever)', 'days: 30');
const retention = z.strictObject({ line: text('a number or trunk that is called', 'line: "74951234567"'), days: keptDays });

/** Where MP3s are kept besides this machine. */
const storage = told(z.discriminatedUnion('kind', [
  z.strictObject({ kind: told(z.literal('local'), 'local or s3', 'kind: local') }),
  z.strictObject({
    kind: told(z.literal('s3'), 'local or s3', 'kind: s3'),
    endpoint: webUrl('the address of the S3-compatible server', 'endpoint: "https://s3.example.org"'),
    region: text('the region of the bucket', 'region: us-east-1').default('us-east-1'),
    bucket: told(z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/), 'the name of a bucket', 'bucket: recordings'),
    prefix: told(z.string().regex(/^([0-9A-Za-z_.-]+\/)*$/), 'folders in the bucket that end with "/", or ""', 'prefix: "pbx/"').default(''),
    accessKeyId: secret('the access key', 'accessKeyId: "${env:S3_ACCESS_KEY}"'),
    secretAccessKey: secret('the secret key', 'secretAccessKey: "${env:S3_SECRET_KEY}"'),
    pathStyle: flag('address the bucket as a path, and not as a host name', 'pathStyle: true').default(true),
    keepLocalDays: whole(0, 36_500, 'days that MP3s stay on this machine too', 'keepLocalDays: 7').default(7),
  }),
]), 'where recordings are kept: a section with kind: local or s3', 'storage: { kind: local }');

export const configSchema = z.strictObject({
  dataDir: folder('where CallMe keeps its data', 'dataDir: /var/lib/callme').default('/var/lib/callme'),
  store: z.strictObject({ url: sqlite.prefault('sqlite:callme.db') }).prefault({}),
  log: z.strictObject({ level: level.default('info') }).prefault({}),
  phones: z.strictObject({
    country: country.default('RU'),
    internal: regex('internal numbers', 'internal: "^[0-9]{2,5}$"').prefault('^[0-9]{2,5}$'),
  }).prefault({}),
  pbx: told(z.array(pbx).min(1), 'a list with at least one PBX',
    'pbx:\n      - { id: main, ami: { username: callme, secret: "…" }, external: ["^PJSIP/trunk"] }'),
  agi: z.strictObject({
    listen: listen('listen: "127.0.0.1:4573"').prefault('127.0.0.1:4573'),
    allow: told(z.array(address('"127.0.0.1"')), 'a list of addresses that may ask', 'allow: ["127.0.0.1"]').default(['127.0.0.1']),
    deadlineMs: whole(50, 10_000, 'milliseconds', 'deadlineMs: 800').default(800),
  }).prefault({}),
  web: z.strictObject({
    listen: listen('listen: "127.0.0.1:8080"').prefault('127.0.0.1:8080'),
    publicUrl: webUrl('the address under which others reach CallMe, http:// or https://',
      'publicUrl: "https://pbx.example.org/callme"').exactOptional(),
    tokens: told(z.array(told(z.string().min(16), 'a token of at least 16 characters', '"${env:CALLME_WEB_TOKEN}"').pipe(secret('a token', '"…"'))),
      'a list of bearer tokens', 'tokens: ["${env:CALLME_WEB_TOKEN}"]').default([]),
    linkSecrets: told(z.array(told(z.string().min(32), 'at least 32 characters', '"${env:CALLME_LINK_SECRET}"').pipe(secret('a secret', '"…"'))),
      'a list of secrets: the first signs links to recordings, each opens them', 'linkSecrets: ["${env:CALLME_LINK_SECRET}"]').default([]),
    linkDays: whole(1, 3_650, 'days that the links open which CRMs are told', 'linkDays: 365').default(365),
    trustProxy: told(z.array(address('"127.0.0.1"')), 'a list of the proxies that tell who really asks', 'trustProxy: ["127.0.0.1"]').default([]),
  }).prefault({}),
  timezone: timezone,
  lines: told(z.array(line), 'a list of your numbers', 'lines:\n      - { number: "74951234567", name: "Sales" }').default([]),
  crm: told(z.array(account), 'a list of accounts', 'crm:\n      - { id: b24, driver: bitrix24, url: "${env:B24_WEBHOOK}" }').default([]),
  employees: told(z.array(employee), 'a list of employees', 'employees:\n      - { extension: "219", name: "Anna", crm: { b24: 7 } }').default([]),
  cards: z.strictObject({
    mode: cardMode.default('ringing'),
    extensions: told(z.array(extension('"219"')), 'a list of extensions that may see cards; empty = everybody', 'extensions: ["219", "220"]').default([]),
  }).prefault({}),
  debug: z.strictObject({
    processInternalCalls: flag('tell internal calls too, as calls of testPhone', 'processInternalCalls: false').default(false),
    testPhone: told(z.string().regex(/^\+?[0-9 ()-]{7,20}$/), 'the number of a contact of your CRM', 'testPhone: "79991234567"').exactOptional(),
  }).prefault({}),
  routing: z.strictObject({
    mode: mode.default('crm_responsible'),
    ringSeconds: whole(1, 600, 'seconds', 'ringSeconds: 20').default(20),
    fallback: extension('fallback: "default"', '"default" (the dialplan decides) or an extension').default('default' as Extension),
    namesFrom: text('the account whose names of contacts win', 'namesFrom: b24').exactOptional(),
    lines: told(z.record(z.string(), extension('"219"')), 'per line, the extension that answers it', 'lines: { "74951234567": "219" }').default({}),
  }).prefault({}),
  recording: z.strictObject({
    bitrateKbps: bitrate.default(64),
    channels: channels.default('mono'),
    rules: told(z.array(recordingRule), 'a list of rules, the first that fits decides', 'rules: [{ extension: "^219$", record: false }]').default([]),
    default: flag('record the calls that no rule fits', 'default: true').default(true),
    announce: sound.exactOptional(),
    // Asterisk makes 5 of less [apps/app_mixmonitor.c, main/beep.c].
    beep: whole(5, 600, 'seconds from beep to beep', 'beep: 15').exactOptional(),
    heal: told(z.enum(HEAL_MODES), `arm recorders anew on a build of Asterisk that goes deaf after a transfer: one of ${HEAL_MODES.join(', ')}`, 'heal: auto').default('auto'),
    encoders: whole(1, 64, 'encoders at a time, never more than the machine has cores less one', 'encoders: 1').exactOptional(),
    keepWavDays: whole(0, 36_500, 'days (0 = gone as soon as the MP3 is verified)', 'keepWavDays: 0').default(0),
    keepMp3Days: whole(0, 36_500, 'days (0 = for ever)', 'keepMp3Days: 90').default(90),
    retention: told(z.array(retention), 'a list of lines with the days of their recordings', 'retention: [{ line: "74951234567", days: 30 }]').default([]),
    maxGb: whole(0, 10_000_000, 'gigabytes of MP3s (0 = no limit)', 'maxGb: 200').default(0),
    purgeUntoldDays: whole(0, 36_500, 'days after which a recording goes though a CRM does not have it (0 = never)', 'purgeUntoldDays: 0').default(0),
    minFreeMb: whole(0, 10_000_000, 'megabytes that stay free', 'minFreeMb: 500').default(500),
  }).prefault({}),
  storage: storage.prefault({ kind: 'local' }),
});

export type Checked = z.output<typeof configSchema>;
