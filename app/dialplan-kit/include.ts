/** The one line in the PBX's own file. Bytes, not text: these files may hold any encoding, and a restore is byte for byte. */

const LINE = /^[ \t]*#(?:try)?include[ \t]+["<]?callme\.conf[">]?[ \t]*(?:;.*)?$/;

export function hasInclude(content: Buffer): boolean {
  return linesOf(content).some((line) => LINE.test(bare(line)));
}

/** Adds the line at the end, in the file's own line ending; a last line without an end gets one first. */
export function addInclude(content: Buffer): Buffer {
  const end = content.includes('\r\n') ? '\r\n' : '\n';
  const before = content.length > 0 && content.at(-1) !== 0x0a ? end : '';
  return Buffer.concat([content, Buffer.from(`${before}#include callme.conf${end}`)]);
}

/** Takes the line out of a file that others have edited since. */
export function withoutInclude(content: Buffer): Buffer {
  return Buffer.from(linesOf(content).filter((line) => !LINE.test(bare(line))).join(''), 'latin1');
}

/** Does this file bring in that other one? */
export function includes(content: Buffer, name: string): boolean {
  return linesOf(content).some((line) => new RegExp(`^[ \\t]*#(?:try)?include[ \\t]+["<]?${name.replaceAll('.', '\\.')}[">]?[ \\t]*(?:;.*)?$`).test(bare(line)));
}

/** Names of the contexts that a dialplan file opens. */
export function contextsOf(content: Buffer): readonly string[] {
  return linesOf(content).flatMap((line) => { const name = /^\[([^\]]+)\]/.exec(line)?.[1]; return name === undefined ? [] : [name]; });
}

/** latin1 maps each byte to one character and back, whatever the file's encoding is. */
function linesOf(content: Buffer): readonly string[] { return content.toString('latin1').split(/(?<=\n)/); }

function bare(line: string): string { return line.replace(/\r?\n$/, ''); }
