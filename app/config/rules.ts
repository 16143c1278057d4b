/** What no single key can know: things that must differ, things that must be there. Works on the raw tree, so that it speaks even when a key is wrong. */
import { didYouMean } from './did-you-mean.ts';
import { entries, type At } from './entries.ts';
import type { Mistake } from './mistakes.ts';
import { place, type Provenance } from './parse.ts';
import { isSection, rawAt, showPath, type Raw } from './paths.ts';
import { bookMistakes } from './rules-books.ts';
import { peopleMistakes } from './rules-people.ts';
import { storageMistakes } from './rules-storage.ts';

export function ruleMistakes(tree: Raw, from: Provenance): readonly Mistake[] {
  const at: At = (path) => place(path, { from, prefix: [] });
  return [
    ...duplicates(tree, { list: 'pbx', key: 'id' }, at),
    ...duplicates(tree, { list: 'crm', key: 'id' }, at),
    ...duplicates(tree, { list: 'employees', key: 'extension' }, at),
    ...duplicates(tree, { list: 'lines', key: 'number' }, at),
    ...strangers(tree, at),
    ...namesFromNobody(tree, at),
    ...plainHttp(tree, at),
    ...samePort(tree, at),
    ...plainAmi(tree, at),
    ...bookMistakes(tree, at),
    ...peopleMistakes(tree, at),
    ...storageMistakes(tree, at),
  ];
}

function duplicates(tree: Raw, what: { readonly list: string; readonly key: string }, at: At): readonly Mistake[] {
  const seen = new Map<string, number>();
  return entries(tree, what.list).flatMap((entry, index) => {
    const id = entry[what.key];
    if (typeof id !== 'string' && typeof id !== 'number') return [];
    const first = seen.get(String(id));
    if (first === undefined) { seen.set(String(id), index); return []; }
    const where = showPath([what.list, first, what.key]);
    return [{ ...at([what.list, index, what.key]), problem: `"${String(id)}" is there twice (${where} too)`,
      expected: `each ${what.key} once`, remedy: 'give one of them another one, or remove it' }];
  });
}

/** An employee's user id for an account that does not exist is a typing mistake that would silently lose the owner of calls. */
function strangers(tree: Raw, at: At): readonly Mistake[] {
  const known = entries(tree, 'crm').flatMap((account) => (typeof account['id'] === 'string' ? [account['id']] : []));
  return entries(tree, 'employees').flatMap((employee, index) => {
    const accounts = isSection(employee['crm']) ? Object.keys(employee['crm']) : [];
    return accounts.filter((account) => !known.includes(account)).map((account) => {
      const near = didYouMean(account, known);
      return {
        ...at(['employees', index, 'crm', account]), problem: `there is no account "${account}"`,
        expected: known.length === 0 ? 'an account under crm: first' : `one of ${known.join(', ')}`,
        remedy: near === null ? 'add the account under crm:, or remove this line' : `did you mean "${near}"?`,
      };
    });
  });
}

/** A name that is never given would look like an account that never answers. */
function namesFromNobody(tree: Raw, at: At): readonly Mistake[] {
  const named = rawAt(tree, ['routing', 'namesFrom']);
  const known = entries(tree, 'crm').flatMap((account) => (typeof account['id'] === 'string' ? [account['id']] : []));
  if (typeof named !== 'string' || known.includes(named)) return [];
  const near = didYouMean(named, known);
  return [{ ...at(['routing', 'namesFrom']), problem: `there is no account "${named}"`, expected: known.length === 0 ? 'an account under crm: first' : `one of ${known.join(', ')}`,
    remedy: near === null ? 'name an account that is under crm:, or remove this line' : `did you mean "${near}"?` }];
}

/** Tokens and customers' numbers go over these connections: only this machine itself may be asked without TLS. */
function plainHttp(tree: Raw, at: At): readonly Mistake[] {
  return entries(tree, 'crm').flatMap((account, index) => Object.entries(account).flatMap(([key, value]) => {
    if (!/url$/i.test(key) || typeof value !== 'string') return [];
    const problem = urlProblem(value);
    return problem === null ? [] : [{ ...at(['crm', index, key]), problem, expected: 'an address that begins with https://',
      remedy: 'write https:// (plain http:// is allowed towards 127.0.0.1 alone)' }];
  }));
}

function urlProblem(value: string): string | null {
  if (/^\$\{/.test(value)) return null;
  if (!URL.canParse(value)) return 'is not an address';
  const url = new URL(value);
  if (url.protocol === 'https:') return null;
  if (url.protocol !== 'http:') return `"${url.protocol}" is not spoken here`;
  return isLoopback(url.hostname) ? null : 'is not encrypted (http)';
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function samePort(tree: Raw, at: At): readonly Mistake[] {
  const agi = rawAt(tree, ['agi', 'listen']) ?? '127.0.0.1:4573';
  const web = rawAt(tree, ['web', 'listen']) ?? '127.0.0.1:8080';
  if (agi !== web || typeof web !== 'string' || web.endsWith(':0')) return [];
  return [{ ...at(['web', 'listen']), problem: 'agi.listen has the same address', expected: 'two addresses',
    remedy: 'write for example: listen: "127.0.0.1:8080"' }];
}

/** The AMI password and every caller's number would cross the network in clear text. */
function plainAmi(tree: Raw, at: At): readonly Mistake[] {
  return entries(tree, 'pbx').flatMap(({ ami }, index) => {
    if (!isSection(ami) || typeof ami['host'] !== 'string' || isLoopback(ami['host'])) return [];
    if ((ami['tls'] ?? false) !== false && ami['tls'] !== 'false') return [];
    if (ami['allowPlain'] === true || ami['allowPlain'] === 'true') return [];
    return [{
      ...at(['pbx', index, 'ami', 'host']), problem: 'is another machine, and the connection would not be encrypted',
        expected: 'tls: true, or a host on this machine',
      remedy: 'set ami.tls: true (manager.conf: tlsenable = yes); inside a tunnel or a VPN: ami.allowPlain: true',
    }];
  });
}
