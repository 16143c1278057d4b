/** One figure as one JSON line. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly yardstick?: number;
  readonly ratio?: number;
  /** For a ratio the least, for a bare value the most that is wanted. */
  readonly target?: number;
}

export function printFigure({ name, unit, value, yardstick, ratio, target }: Figure): void {
  const met = target === undefined ? undefined : ratio === undefined ? value <= target : ratio >= target;
  const rounded = (number: number | undefined): number | undefined => (number === undefined ? undefined : Number(number.toPrecision(4)));
  process.stdout.write(`${JSON.stringify({ name, value: rounded(value), yardstick: rounded(yardstick), ratio: rounded(ratio), target, met, unit })}\n`);
}

export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
