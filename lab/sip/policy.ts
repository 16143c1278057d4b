/** What a party does with an incoming call. */
export type Policy =
  | { readonly kind: 'answer'; readonly afterSeconds: number; readonly early: boolean }
  | { readonly kind: 'reject'; readonly afterSeconds: number; readonly status: number; readonly reason: string; readonly contact: string | null }
  | { readonly kind: 'never' };

export const answer = (afterSeconds = 1): Policy => ({ kind: 'answer', afterSeconds, early: false });
/** 183 with sound at once (an announcement before the answer), then the answer. */
export const announce = (afterSeconds = 2): Policy => ({ kind: 'answer', afterSeconds, early: true });
export const busy = (afterSeconds = 0.5): Policy => ({ kind: 'reject', afterSeconds, status: 486, reason: 'Busy Here', contact: null });
/** Any other refusal: 603 declines, 503 and 480 cannot, 404 knows nobody of that number. */
export const refuse = (status: number, reason: string, afterSeconds = 0.3): Policy => ({ kind: 'reject', afterSeconds, status, reason, contact: null });
/** 302: the phone itself sends the call elsewhere. */
export const forward = (uri: string): Policy => ({ kind: 'reject', afterSeconds: 0.3, status: 302, reason: 'Moved Temporarily', contact: `<${uri}>` });
/** Rings until the caller or the PBX gives up. */
export const never: Policy = { kind: 'never' };
