/** What the demo prints: progress while it works, then the findings. */
const started = Date.now();

export function progress(text: string): void {
  process.stdout.write(`[${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s] ${text}\n`);
}

export function title(text: string): void { process.stdout.write(`\n=== ${text}\n`); }

export function line(text = ''): void { process.stdout.write(`${text}\n`); }

export function indented(text: string, by = '    '): void {
  line(text.trimEnd().split('\n').map((each) => by + each).join('\n'));
}

/** A request as one short line; secrets ride in URLs, never in these parameters. */
export function compact(params: unknown): string {
  const text = JSON.stringify(params);
  return text.length > 230 ? `${text.slice(0, 229)}…` : text;
}
