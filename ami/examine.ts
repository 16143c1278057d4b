import { allowedActions, getVersion, livingChannels } from './actions.ts';
import { applyFilters } from './filters.ts';
import { openLink } from './link.ts';
import { channelsRefused, filterRefused, SelfTest } from './permissions.ts';
import type { AmiPermissionMissing } from './permissions.ts';
import type { LinkLimits, LinkSettings } from './settings.ts';
import { AmiError } from './errors.ts';
import { realTimers } from './timers.ts';
import type { Timers } from './timers.ts';

/** What `callme doctor` wants to know of one PBX. */
export interface Examination {
  readonly greeting: string;
  readonly version: string;
  readonly filtered: boolean;
  /** null: Asterisk does not tell. */
  readonly channels: number | null;
  readonly missing: readonly AmiPermissionMissing[];
  /** Names of the actions that this user may take, in lower case (`originate`, `redirect` …). */
  readonly allowed: ReadonlySet<string>;
}

export interface ExamineTools { readonly timers?: Timers; readonly limits?: Partial<LinkLimits>; readonly signal?: AbortSignal }

/** One link, all questions, closed again. Rejects with AmiError as `openLink` does. */
export async function examine(settings: LinkSettings, tools: ExamineTools = {}): Promise<Examination> {
  const test = new SelfTest(settings.username, tools.timers ?? realTimers);
  const link = await openLink(settings, { ...tools, onEvent: (headers) => void test.sees(headers) });
  try {
    const filters = await applyFilters(link);
    const { channels, refused } = await livingChannels(link);
    const version = await getVersion(link);
    const allowed = await allowedActions(link);
    const found = await test.run(link);
    const missing = [
      ...(filters.kind === 'refused' ? [filterRefused(filters.message, settings.username)] : []),
      ...(refused === null ? [] : [channelsRefused(refused, channels.kind === 'list', settings.username)]),
      ...found,
    ];
    const count = channels.kind === 'list' ? channels.items.length : null;
    return {
      greeting: link.greeting, version: version.kind === 'told' ? version.value : 'not told', filtered: filters.kind === 'filtered',
      channels: count, missing, allowed,
    };
  } finally {
    link.close(new AmiError('AMI_DOWN', 'examined'));
  }
}
