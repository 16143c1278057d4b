/**
 * Every capture explained: `<scenario>.explain` in English, `<scenario>.explain.ru` for the most telling ones. `CALLME_WRITE_GOLDEN=1` writes them
 * anew (the Russian ones where there is one); read them before you keep them: is each sentence true of the stream, does it say why?
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { explainReplay } from '../../app/calls/replayed.ts';
import { LANGUAGES, textsOf, type Language } from '../../app/cli/texts/index.ts';
import { eventsIn, run } from '../captures/story.ts';

const CAPTURES = join(import.meta.dirname, '..', 'captures');
const VERSIONS = ['16.28.0', '22.10.1', '22.10.1-cel'];
const ENDINGS: Readonly<Record<Language, string>> = { en: '.explain', ru: '.explain.ru' };
const WRITE = process.env['CALLME_WRITE_GOLDEN'] === '1';

/** A byte-exact dump holds no times, so its explanation shows none; other captures show when, counted from their beginning. */
function explained(file: string, language: Language): string {
  const { effects } = run(eventsIn(file));
  const facts = effects.flatMap((effect) => (effect.kind === 'tell' ? [effect.fact] : []));
  const notes = effects.filter((effect) => effect.kind === 'note');
  return `${explainReplay(facts, notes, textsOf(language), file.endsWith('.txt') ? 'none' : 'relative').join('\n')}\n`;
}

function goldenOf(file: string, language: Language): string {
  return file.replace(/\.(txt|ndjson)$/, ENDINGS[language]);
}

for (const version of readdirSync(CAPTURES, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)) {
  t.test(`captures of Asterisk ${version} are explained as their golden files say`, async (t) => {
    const folder = join(CAPTURES, version);
    for (const capture of readdirSync(folder).filter((name) => /\.(txt|ndjson)$/.test(name))) {
      const file = join(folder, capture);
      for (const language of LANGUAGES) {
        const golden = goldenOf(file, language);
        const wanted = existsSync(golden) || (language === 'en' && VERSIONS.includes(version));
        if (wanted && WRITE) writeFileSync(golden, explained(file, language));
        if (wanted) t.equal(explained(file, language), readFileSync(golden, 'utf8'), `${version}/${capture}, ${language}`);
      }
    }
  });
}

t.test('no golden file is left without its capture, and eight or more are Russian', async (t) => {
  const files = VERSIONS.flatMap((version) => readdirSync(join(CAPTURES, version)).map((name) => join(CAPTURES, version, name)));
  const golden = files.filter((file) => /\.explain(\.ru)?$/.test(file));
  t.ok(golden.filter((file) => file.endsWith('.ru')).length >= 8);
  const scenario = (file: string): string => file.replace(/\.explain(\.ru)?$/, '');
  t.same(golden.filter((file) => !existsSync(`${scenario(file)}.txt`) && !existsSync(`${scenario(file)}.ndjson`)), []);
});
