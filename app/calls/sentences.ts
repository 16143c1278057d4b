import { printable } from '../cli/print.ts';
import type { Texts } from '../cli/texts/index.ts';
import type { Fact } from '../../core/facts.ts';
import { unreachable } from '../../core/words.ts';

/** One fact as a person would say it. What came from outside is made printable. */
export function sentenceOf(fact: Fact, says: Texts['calls']): string {
  const text = printable(said(fact, says));
  return fact.certain ? text : `${text} ${says.uncertain}`;
}

function said(fact: Fact, says: Texts['calls']): string {
  switch (fact.kind) {
    case 'call-started': return says.startedLine(says.started[fact.direction], says.client(fact.client.number, fact.client.name), fact.line);
    case 'call-offered': return says.offered(fact.extension);
    case 'employee-ringing': return says.ringing(fact.extension);
    case 'employee-released': return says.released(fact.extension, fact.reason);
    case 'employee-talking': return says.talking(fact.extension);
    case 'call-handed-over': return says.handedOver(fact.from, fact.to);
    case 'call-merged': return says.merged(fact.into);
    case 'call-ended': return says.ended(says.outcomes[fact.outcome], fact.talkSeconds, fact.ringSeconds, fact.owner ?? '');
    case 'recording-closed': return says.closed(fact.file, fact.bytes);
    case 'recording-ready': return says.ready(fact.seconds, fact.path);
    default: return unreachable(fact);
  }
}
