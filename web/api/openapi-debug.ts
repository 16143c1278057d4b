/** Details on demand in the API's description (`openapi.ts`). */
const LEVELS = { type: 'object', description: 'per subsystem', additionalProperties: { type: 'string', enum: ['normal', 'detail'] } };
const SHOWN = { description: 'What is in force', content: { 'application/json': { schema: { type: 'object', properties: {
  subsystems: LEVELS, until: { type: 'object', description: 'when each goes back by itself', additionalProperties: { type: 'string', format: 'date-time' } },
} } } } };
const failed = (description: string): object => ({ description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } } });
const REFUSED = { 401: failed('No token, or an unknown one'), 403: failed('No tokens are configured'), 429: failed('Too many wrong tokens came from this address; see retry-after') };

export const DEBUG_PATHS = {
  '/api/v1/debug': {
    get: { operationId: 'showDetail', summary: 'Which subsystems log in detail', parameters: [], responses: { 200: SHOWN, 400: failed('A parameter is wrong'), ...REFUSED } },
    put: {
      operationId: 'switchDetail', summary: 'Switch detailed logs on, for a while, or off; secrets and numbers stay masked', parameters: [],
      requestBody: { required: true, content: { 'application/json': { schema: { type: 'object', additionalProperties: false, required: ['subsystems'], properties: { subsystems: LEVELS, minutes: { type: 'integer', minimum: 1, maximum: 1440, default: 30 } } } } } },
      responses: { 200: SHOWN, 400: failed('The body is wrong'), ...REFUSED },
    },
  },
} as const;
