/** The API in OpenAPI 3.1, for programs that write programs. One table, and longer than most files for that reason; a test holds it against the routes. */
import { CONTACT_PATHS, CONTACT_SCHEMAS } from './openapi-contacts.ts';
import { DEBUG_PATHS } from './openapi-debug.ts';

const ref = (name: string): { readonly $ref: string } => ({ $ref: `#/components/schemas/${name}` });
const text = (description: string): object => ({ type: 'string', description });
const orNull = (type: string, description: string): object => ({ type: [type, 'null'], description });
const list = (items: object, description: string): object => ({ type: 'array', items, description });
const answer = (description: string, schema: object): object => ({ description, content: { 'application/json': { schema } } });
const failed = (description: string): object => answer(description, ref('Problem'));
const path = (name: string, description: string): object => ({ name, in: 'path', required: true, description, schema: { type: 'string' } });
const query = (name: string, description: string, schema: object): object => ({ name, in: 'query', required: false, description, schema });

const REFUSED = { 401: failed('No token, or an unknown one'), 403: failed('No tokens are configured'), 429: failed('Too many wrong tokens came from this address; see retry-after') };
const STATES = ['growing', 'closed', 'spooled', 'encoded', 'uploaded', 'told', 'purged', 'empty', 'broken'];

const RECORDING = {
  id: text('`<pbx>/YYYY/MM/DD/<name>.wav`'), pbx: text('the PBX'), call: text('the call, `<pbx>/<linkedid>`'), state: { type: 'string', enum: STATES }, reason: text('why it is so; "" = as it should be'),
  certain: { type: 'boolean', description: 'false = concluded, not seen' }, createdAt: { type: 'string', format: 'date-time' }, seconds: orNull('number', 'length'), bytes: orNull('integer', 'of the MP3'),
  sha256: orNull('string', 'of the MP3'), channels: orNull('string', 'mono or stereo (client left, employee right)'), silenceSeconds: orNull('number', 'in which nobody is heard'),
  talked: list({ type: 'string' }, 'extensions that talked, in order'),
  pauses: list({ type: 'object', properties: { fromMs: { type: 'integer' }, toMs: { type: 'integer' } } }, 'silenced by pause, in milliseconds from the beginning'),
  kept: list({ type: 'string', enum: ['local', 'bucket'] }, 'where it is'), hold: text('reason of a legal hold; "" = none'), purgedAt: { type: ['string', 'null'], format: 'date-time' },
};

const ONE = {
  allOf: [ref('Recording'), { type: 'object', properties: {
    told: list({ type: 'object', properties: { account: { type: 'string' }, state: { type: 'string' }, reason: { type: 'string' } } }, 'per account, whether its CRM has it'),
    link: { type: ['object', 'null'], description: 'null = there is no sound (yet, any more)', properties: {
      url: text('opens the recording without a token; relative to this server where web.publicUrl is not set'), expiresAt: { type: 'string', format: 'date-time' } } },
  } }],
};

const PATHS = {
  '/api/v1/recordings': { get: {
    operationId: 'listRecordings', summary: 'Recordings, newest first',
    parameters: [query('call', 'only of this call, `<pbx>/<linkedid>`', { type: 'string' }), query('state', 'only in this state', { type: 'string', enum: STATES }), query('limit', 'at most', { type: 'integer', minimum: 1, maximum: 500, default: 50 })],
    responses: { 200: answer('The list', { type: 'object', properties: { recordings: list(ref('Recording'), 'newest first') } }), 400: failed('A parameter is wrong'), ...REFUSED },
  } },
  '/api/v1/recordings/{id}': { get: {
    operationId: 'getRecording', summary: 'One recording, with a fresh link',
    parameters: [path('id', 'the id; its slashes may stand as they are'), query('minutes', 'how long the link opens, up to web.linkDays', { type: 'integer', minimum: 1, default: 60 })],
    responses: { 200: answer('The recording', ONE), 400: failed('A parameter is wrong'), 404: failed('There is no such recording'), ...REFUSED },
  } },
  '/api/v1/calls/{call}/recording': { post: {
    operationId: 'actOnRecording', summary: 'Pause or resume the recording of a call; what is paused is silence in the file',
    parameters: [path('call', 'the call, `<pbx>/<linkedid>`; its slash may stand as it is')],
    requestBody: { required: true, content: { 'application/json': { schema: { type: 'object', additionalProperties: false, required: ['action'], properties: { action: { type: 'string', enum: ['pause', 'resume'] } } } } } },
    responses: {
      200: answer('Done', { type: 'object', properties: { call: { type: 'string' }, action: { type: 'string' }, ok: { type: 'boolean' } } }), 400: failed('The body is wrong'), 404: failed('There is no such open call'),
      409: failed('The call is not recorded, or another recorder would be silenced too'), 502: failed('The PBX refused'), 503: failed('The PBX is not heard'), ...REFUSED,
    },
  } },
} as const;

export const openApi = (version: string): Readonly<Record<string, unknown>> => ({
  openapi: '3.1.0', info: { title: 'CallMe', version, description: 'Recordings of calls, and the address book. Every path needs a token of web.tokens.' }, security: [{ token: [] }], paths: { ...PATHS, ...CONTACT_PATHS, ...DEBUG_PATHS },
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    schemas: {
      ...CONTACT_SCHEMAS,
      Recording: { type: 'object', properties: RECORDING, required: Object.keys(RECORDING) },
      Problem: { type: 'object', properties: { error: { type: 'object', properties: { code: text('stable'), message: text('what is wrong'), remedy: text('what to do') }, required: ['code', 'message', 'remedy'] } }, required: ['error'] },
    },
  },
});
