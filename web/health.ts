/** `GET /health` (the process lives) and `GET /ready` (every Pbx is heard, the store writes). Neither tells numbers, names or secrets, so neither asks who is asking. */
import { json, type Route } from './exchange.ts';

export interface Readiness { readonly ready: boolean; readonly checks: Readonly<Record<string, string>> }

export function healthRoutes(version: string, readiness: () => Readiness): readonly Route[] {
  return [
    { path: '/health', methods: ['GET'], answer: () => json(200, { status: 'ok', version }) },
    {
      path: '/ready', methods: ['GET'], answer: () => {
        const { ready, checks } = readiness();
        return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks });
      },
    },
  ];
}
