/** The address book's part of the API's description (`openapi.ts`). One table; a test holds it against the verbs. */
const ref = (name: string): { readonly $ref: string } => ({ $ref: `#/components/schemas/${name}` });
const text = (description: string): object => ({ type: 'string', description });
const orNull = (description: string): object => ({ type: ['string', 'null'], description });
const list = (items: object, description: string): object => ({ type: 'array', items, description });
const answer = (description: string, schema: object): object => ({ description, content: { 'application/json': { schema } } });
const failed = (description: string): object => answer(description, ref('Problem'));
const query = (name: string, description: string, schema: object): object => ({ name, in: 'query', required: false, description, schema });
const id = { name: 'id', in: 'path', required: true, description: 'the id', schema: { type: 'string' } };
const REFUSED = { 401: failed('No token, or an unknown one'), 403: failed('No tokens are configured'), 429: failed('Too many wrong tokens came from this address; see retry-after') };
const PAGE = [query('after', '`next` of the page before', { type: 'string' }), query('limit', 'at most', { type: 'integer', minimum: 1, maximum: 500, default: 50 })];
const SEARCH = query('search', 'part of a name, a number or an e-mail address, in whatever case', { type: 'string', maxLength: 200 });
const NEXT = orNull('for `after`; null = there is no more');

const KINDS = ['work', 'mobile', 'home', 'fax', 'other'];
const NUMBER = { type: 'object', properties: { number: text('as it was written'), key: text('as it is found: +79035550142'), kind: { type: 'string', enum: KINDS } } };
const WISHED = { type: 'array', maxItems: 20, description: 'numbers, or numbers with their kind', items: { oneOf: [{ type: 'string' }, { type: 'object', required: ['number'], properties: { number: text('the number'), kind: { type: 'string', enum: KINDS } } }] } };
const WISH = { name: text('at most 200 letters'), numbers: WISHED, note: text('at most 2000 letters') };

export const CONTACT_SCHEMAS = {
  Contact: { type: 'object', properties: {
    id: text('yours, if you gave it with PUT'), name: text('the name'), company: orNull('id of the company'), companyName: orNull('its name'), numbers: list(NUMBER, 'in the order of their writing'),
    email: text('"" = none'), note: text('"" = none'), owner: orNull('extension of the employee whose client this is'), updatedAt: { type: 'string', format: 'date-time' },
  } },
  Company: { type: 'object', properties: { id: text('the id'), name: text('the name'), numbers: list(NUMBER, 'in the order of their writing'), note: text('"" = none'), updatedAt: { type: 'string', format: 'date-time' } } },
  ContactWish: { type: 'object', additionalProperties: false, required: ['name'], properties: { ...WISH, company: orNull('id of a company'), email: text('an address'), owner: text('extension, or a name that one employee alone has') } },
  CompanyWish: { type: 'object', additionalProperties: false, required: ['name'], properties: WISH },
  BookCall: { type: 'object', properties: {
    call: text('the call, `<pbx>/<linkedid>`'), linkedid: text('Asterisk\'s own'), direction: text('inbound or outbound'), number: text('of the client, as the PBX saw it'), line: text('that was called, or called through'),
    person: orNull('id of the contact'), company: orNull('id of the company'), extension: orNull('of the employee'), outcome: text('answered, missed, busy, cancelled, failed, voicemail'),
    startedAt: { type: 'string', format: 'date-time' }, talkSeconds: { type: 'integer' }, recording: orNull('GET /api/v1/recordings/<it> gives a link'),
  } },
  ImportReport: { type: 'object', properties: {
    format: { type: 'string', enum: ['csv', 'vcard'] }, encoding: text('of the file'), rows: { type: 'integer' }, added: { type: 'integer' }, updated: { type: 'integer' }, unchanged: { type: 'integer' },
    companies: { type: 'integer', description: 'made because somebody works there' }, useless: { type: 'integer', description: 'rows without a number' }, badRows: { type: 'integer' },
    bad: list({ type: 'object', properties: { line: { type: 'integer' }, trouble: text('stable'), field: text('of the row'), why: text('for people') } }, 'at most 100 of them'), applied: { type: 'boolean', description: 'false = nothing was written' },
  } },
} as const;

const body = (schema: string): object => ({ required: true, content: { 'application/json': { schema: ref(schema) } } });
const BAD = { 400: failed('The body is wrong; the problem names the field') };

function shelf(name: string, one: 'Contact' | 'Company') {
  const [plural, wish, missing] = [one === 'Contact' ? 'Contacts' : 'Companies', `${one}Wish`, { 404: failed('There is no such entry') }];
  return {
    [`/api/v1/${name}`]: {
      get: { operationId: `list${plural}`, summary: `${plural} of the address book, by name`, parameters: [SEARCH, ...PAGE],
        responses: { 200: answer('A page', { type: 'object', properties: { [name]: list(ref(one), 'by name'), next: NEXT } }), 400: failed('A parameter is wrong'), ...REFUSED } },
      post: { operationId: `add${one}`, summary: 'A new entry', requestBody: body(wish), responses: { 201: answer('Made', ref(one)), ...BAD, ...REFUSED } },
    },
    [`/api/v1/${name}/{id}`]: {
      get: { operationId: `get${one}`, summary: 'One entry', parameters: [id], responses: { 200: answer('The entry', ref(one)), ...missing, ...REFUSED } },
      put: { operationId: `put${one}`, summary: 'Replaces the entry, or makes one with this id', parameters: [id], requestBody: body(wish), responses: { 200: answer('Replaced', ref(one)), 201: answer('Made', ref(one)), ...BAD, ...REFUSED } },
      delete: { operationId: `delete${one}`, summary: 'Really deletes name, numbers, addresses and note; calls stay and name nobody', parameters: [id],
        responses: { 200: answer('Deleted', { type: 'object', properties: { id: { type: 'string' }, deleted: { type: 'boolean' } } }), ...missing, ...REFUSED } },
    },
  };
}

const flag = (name: string, description: string): object => query(name, description, { type: 'boolean', default: false });

export const CONTACT_PATHS: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  ...shelf('contacts', 'Contact'), ...shelf('companies', 'Company'),
  '/api/v1/contacts/import': { post: {
    operationId: 'importContacts', summary: 'Takes over a CSV file or vCards in UTF-8, at most 4 MB; who is there already is changed, not doubled',
    parameters: [query('format', 'default: by content-type, else what it looks like', { type: 'string', enum: ['csv', 'vcard'] }), flag('partial', 'take the good rows although there are bad ones'), flag('dryRun', 'say what would be done')],
    requestBody: { required: true, content: { 'text/csv': { schema: { type: 'string' } }, 'text/vcard': { schema: { type: 'string' } } } },
    responses: { 200: answer('Imported, or looked at', ref('ImportReport')), 400: failed('The file as a whole cannot be taken'), 413: failed('It is too long'), 422: answer('It has bad rows: nothing was imported', ref('ImportReport')), ...REFUSED },
  } },
  '/api/v1/book/calls': { get: {
    operationId: 'listBookCalls', summary: 'Calls of the address book, newest first', parameters: [query('number', 'only with this number, however it is written', { type: 'string' }), query('contact', 'only with this contact', { type: 'string' }), ...PAGE],
    responses: { 200: answer('A page', { type: 'object', properties: { calls: list(ref('BookCall'), 'newest first'), next: NEXT } }), 400: failed('A parameter is wrong'), ...REFUSED },
  } },
  '/api/v1/book/calls/{call}': { get: {
    operationId: 'getBookCall', summary: 'One call', parameters: [{ ...id, name: 'call', description: 'the call, `<pbx>/<linkedid>`; its slash may stand as it is' }],
    responses: { 200: answer('The call', ref('BookCall')), 400: failed('A parameter is wrong'), 404: failed('The address book has no such call'), ...REFUSED },
  } },
};
