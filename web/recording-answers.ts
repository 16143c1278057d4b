/** What a reader of a recording is told: headers of the sound, and the sentences of the cases in which there is none. */
import type { Clock, RecordingRow } from '../core/ports.ts';
import { type Answer, sentences } from './exchange.ts';
import type { ByteRange } from './ranges.ts';
import type { Playable } from './sound.ts';
import { validatorsOf } from './validators.ts';

/**
 * A player inside a CRM's page is another origin. Whoever has the link may read, so any page may; there are no cookies that it could misuse.
 */
const OPEN_TO_PAGES = {
  'access-control-allow-origin': '*', 'access-control-expose-headers': 'accept-ranges, content-length, content-range, etag', 'cross-origin-resource-policy': 'cross-origin',
} as const;
/** Seconds that a browser may keep what it got: a purged recording must not live on in caches for long. */
const CACHE_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** `left`: seconds until the link expires; no cache keeps the sound longer. */
export function soundHeaders(row: Playable, left: number): Answer['headers'] {
  const { etag, modified } = validatorsOf(row);
  return {
    ...OPEN_TO_PAGES, 'content-type': 'audio/mpeg', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex',
    'accept-ranges': 'bytes', etag, 'last-modified': modified.toUTCString(), 'content-disposition': `inline; filename="${fileName(row.file)}"`,
    'cache-control': `private, max-age=${Math.min(left, CACHE_SECONDS)}, must-revalidate`,
  };
}

/** `call-1790.17.mp3`. Ids hold no other characters (recordings/paths.ts); a quote or a line end in a header would be a second header. */
export const fileName = (file: string): string => `${(file.split('/').at(-1) ?? '').replace(/\.wav$/, '').replaceAll(/[^0-9A-Za-z._+-]/g, '_')}.mp3`;

export function partHeaders({ from, to }: ByteRange, total: number): Answer['headers'] {
  return { 'content-range': `bytes ${from}-${to}/${total}`, 'content-length': String(to - from + 1) };
}

export const preflight = (): Answer => ({
  status: 204, headers: { ...OPEN_TO_PAGES, 'access-control-allow-methods': 'GET, HEAD', 'access-control-allow-headers': 'range, if-range', 'access-control-max-age': String(DAY_SECONDS) }, body: null,
});

/** One answer for every link that is not valid, whatever is wrong with it. */
export const notValid = (): Answer => sentences(403, [
  'This link is not valid, or not valid any more. Whoever looks after CallMe can give you a new one.',
  'Эта ссылка недействительна, или срок её действия истёк. Новую может дать тот, кто обслуживает CallMe.',
], OPEN_TO_PAGES);

/** The link is right, the sound is not there (yet, any more). */
export function noSound(row: RecordingRow, clock: Clock): Answer {
  const on = new Date(row.purgedAt ?? clock.now()).toISOString().slice(0, 10);
  const lines: Partial<Record<RecordingRow['state'], readonly string[]>> = {
    purged: [`This recording was deleted on ${on}, as the rules for keeping recordings say.`, `Эта запись удалена ${on} по правилам хранения записей.`],
    empty: ['Nothing was recorded in this call.', 'В этом звонке ничего не записано.'],
    broken: ['This recording could not be converted; callme spool check says why.', 'Эту запись не удалось преобразовать; причину назовёт callme spool check.'],
  };
  return sentences(404, lines[row.state] ?? ['This recording is still being converted. Try again in a few minutes.', 'Эта запись ещё обрабатывается. Попробуйте через несколько минут.'], OPEN_TO_PAGES);
}

export const lost = (): Answer => sentences(404, [
  'This recording is not where it was kept; callme spool check says more.', 'Этой записи нет там, где она хранилась; подробности покажет callme spool check.',
], OPEN_TO_PAGES);

/** `seconds`: when to come again. */
export const busy = (seconds: number): Answer => sentences(503, [
  'Recordings cannot be played just now. Try again in a moment.', 'Сейчас записи воспроизвести нельзя. Попробуйте чуть позже.',
], { ...OPEN_TO_PAGES, 'retry-after': String(seconds) });
export const noSuchPart = (total: number): Answer => sentences(416, [
  `This recording has ${total} bytes; the part that was asked for is none of it.`, `В этой записи ${total} байт; запрошенного фрагмента в ней нет.`,
], { ...OPEN_TO_PAGES, 'content-range': `bytes */${total}` });
