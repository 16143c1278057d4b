/** `1-800-FLOWERS`: letters of the keypad, as freephone numbers of North America are advertised. Null = this is none. */
const VANITY = /^\s*(?:\+?1[ .-]*)?\(?8(?:00|33|44|55|66|77|88)\)?[ .-]*(?=[0-9-]{0,4}[A-Z])[0-9A-Z-]{7,14}\s*$/;
const KEYS = ['ABC', 'DEF', 'GHI', 'JKL', 'MNO', 'PQRS', 'TUV', 'WXYZ'];

export function vanity(text: string): string | null {
  if (!/[A-Z]{3}/.test(text) || text.length > 30 || !VANITY.test(text)) return null;
  const digits = text.replace(/[A-Z]/g, keyOf).replace(/[^0-9]/g, '').replace(/^1(?=[0-9]{10})/, '');
  // What is dialled beyond the tenth digit the network drops.
  return `+1${digits.slice(0, 10)}`;
}

const keyOf = (letter: string): string => String(KEYS.findIndex((letters) => letters.includes(letter)) + 2);
