/**
 * The rules that `calls explain` names, each with a stable name: programs find it in `--json`, people read its sentence (app/cli/texts/explain-*.ts).
 * The rows of the table of outcomes are rules too, under their own names (core/outcome.ts), and so are the reasons of a route (core/routing.ts).
 */
export const RULES = [
  // how a call begins
  'outside-called', 'outside-dialled', 'rings-inside', 'told-at-end', 'found-alive',
  // whom it reaches
  'first-phone', 'first-talk', 'dialler-owns', 'channel-rings',
  // why a phone stopped ringing; the word is the other one, or Asterisk's own word
  'taken-by', 'picked-up-by', 'forwarded-to', 'caller-gone', 'busy', 'no-answer', 'called-off', 'unreachable', 'no-way', 'channel-closed', 'dial-ended',
  // who talks
  'joined', 'stayed', 'found-in-bridge', 'owner-moves',
  // how two calls become one
  'by-pickup', 'by-bridge', 'by-transfer', 'by-linkedid',
  // how a call ends; the word is the cause of the hangup
  'client-gone', 'last-gone', 'sealed', 'died-in-gap',
  // sound
  'file-announced', 'file-without-end', 'mp3-verified',
  // what happens in between
  'hold-is-talk', 'parking-is-no-talk', 'blind-goes-on', 'transfer-unites', 'name-is-kept', 'linkedid-wins', 'voicemail-is-no-talk',
  // what was decided of the whole call
  'direction-inbound', 'direction-outbound', 'direction-click-to-call', 'direction-internal',
  'last-who-talked', 'last-who-rang', 'who-dialled', 'first-offered', 'nobody-reached',
  'talk-is-bridge', 'seen', 'concluded', 'reconciled',
] as const;
export type RuleName = (typeof RULES)[number];

/** A rule as it was applied: `word` is what it was applied to, `''` where the rule says it all. */
export interface Applied { readonly rule: RuleName; readonly word: string }

export const applied = (rule: RuleName, word = ''): Applied => ({ rule, word });
