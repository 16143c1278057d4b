import type { Test } from 'tap';
import { AmiError } from '../../ami/errors.ts';
import type { AmiErrorCode } from '../../ami/errors.ts';
import { openLink } from '../../ami/link.ts';
import type { Link, LinkTools } from '../../ami/link.ts';
import type { Headers } from '../../ami/wire.ts';
import { FakeAmi } from '../fakes/ami.ts';
import type { FakeAmiOptions } from '../fakes/ami.ts';

/** What a listener heard, and a way to wait for it. */
export class Heard {
  readonly events: Headers[] = [];
  #wake: (() => void)[] = [];

  add(headers: Headers): void {
    this.events.push(headers);
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** The first event of this name, now or later. */
  async first(name: string): Promise<Headers> {
    for (;;) {
      const found = this.events.find((event) => event.event === name);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }
}

export interface Stage { readonly pbx: FakeAmi; readonly link: Link; readonly heard: Heard }

/** A fake PBX that ends with the test. */
export async function fakePbx(t: Test, options: FakeAmiOptions = {}): Promise<FakeAmi> {
  const pbx = await FakeAmi.start(options);
  t.teardown(() => pbx.close());
  return pbx;
}

/** A fake PBX and an open link to it; both end with the test. */
export async function stage(t: Test, options: FakeAmiOptions = {}, tools: Partial<LinkTools> = {}): Promise<Stage> {
  const pbx = await fakePbx(t, options);
  const heard = new Heard();
  const link = await openLink(pbx.settings, { onEvent: (headers) => heard.add(headers), ...tools });
  t.teardown(() => link.close(new AmiError('AMI_DOWN', 'test over')));
  return { pbx, link, heard };
}

export async function failsWith(t: Test, promise: Promise<unknown>, code: AmiErrorCode, message = /./): Promise<void> {
  const error: unknown = await promise.then(() => 'no failure', (cause: unknown) => cause);
  if (!(error instanceof AmiError)) t.fail(`expected an AmiError, not ${String(error)}`);
  else t.match({ code: error.code, message: error.message }, { code, message });
}
