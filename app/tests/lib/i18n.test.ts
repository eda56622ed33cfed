import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { formatDay, formatMoment, formatMoney, preferred, receiptWords, words } from '@/lib/i18n';
import { en } from '@/lib/i18n/en';
import { ko } from '@/lib/i18n/ko';
import { Problem } from '@/lib/problem';

test('every error has a text in both languages, and so do unknown errors', () => {
  expect(Object.keys(en.problems).sort()).toEqual(Object.keys(ko.problems).sort());
  expect(Object.keys(en.receiptProblems).sort()).toEqual(Object.keys(ko.receiptProblems).sort());
  expect(words(ko, new Problem('unknown_code', false))).toBe(ko.problems.fault);
  expect([receiptWords(ko, 'unknown_code'), receiptWords(ko, null)]).toEqual([ko.problems.fault, ko.problems.fault]);
});

/** The codes in the first column of the table of docs/app.md that begins with `heading`. */
function documentedCodes(heading: string): string[] {
  const lines = readFileSync(join('..', 'docs', 'app.md'), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith(heading));
  expect(start).toBeGreaterThan(0);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).flatMap((line) => [...line.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, code]) => code!));
}

test.each([
  ['| `error_code` | what', ko.receiptProblems, en.receiptProblems, 'several_receipts'],
  ['| `hint` |', ko.problems, en.problems, 'limit_reached'],
  ['| `code` |', ko.problems, en.problems, 'rate_limited'],
])('every code in the table %s of docs/app.md has a text in both languages', (heading, korean, english, example) => {
  const codes = documentedCodes(heading);
  expect(codes).toContain(example);
  expect(codes.filter((code) => !korean[code] || !english[code])).toEqual([]);
});

test.each([
  [1, /너무 빨라요.*1초 뒤/, 'Too many requests. Try again in 1 second.'],
  [60, /너무 빨라요.*60초 뒤/, 'Too many requests. Try again in 60 seconds.'],
  [61, /오늘.*2분 뒤/, 'The daily limit is reached. Try again in 2 minutes.'],
  [3600, /오늘.*60분 뒤/, 'The daily limit is reached. Try again in 60 minutes.'],
  [86_400, /오늘.*24시간 뒤/, 'The daily limit is reached. Try again in 24 hours.'],
])('a refusal for %i s says when to try again', (seconds, korean, english) => {
  const problem = new Problem('rate_limited', true, seconds);
  expect(words(ko, problem)).toMatch(korean);
  expect(words(en, problem)).toBe(english);
});

test('a purchase after a step is refused with the day of the step, if it is known', () => {
  const problem = (day: string | null) => new Problem('purchase_after_step', false, null, undefined, false, day);
  expect(words(ko, problem('2001-11-05'))).toMatch(/^2001년 11월 5일에 옮기거나/);
  expect(words(en, problem('2001-11-05'))).toMatch(/on 5 Nov 2001, so/);
  expect([words(ko, problem(null)), words(en, problem(null))]).toEqual([ko.problems.purchase_after_step, en.problems.purchase_after_step]);
});

test('a moment has a day and a time', () => {
  const moment = new Date(2030, 0, 21, 0, 0).toISOString();
  expect([formatMoment(moment, 'ko'), formatMoment(moment, 'en')]).toEqual(['1월 21일 00:00', '21 Jan, 00:00']);
});

test.each([
  ['2026-11-23', '11월 23일 (월)'],
  ['2027-01-05', '1월 5일 (화)'],
  ['2026-03-01', '3월 1일'],
  ['2027-06-01', '2027년 6월 1일'],
])('on 23 November 2026 %s is %s', (day, text) => {
  expect(formatDay(day, 'ko', '2026-11-23')).toBe(text);
});

test('what puts something into the inventory is called the same everywhere', () => {
  const places = [
    ['result', ['add', 'added', 'addAll', 'addedCount', 'expired.skip', 'expired.add']],
    ['barcode', ['add']],
    ['inventory', ['add']],
  ] as const;
  const textOf = (messages: typeof ko, section: string, path: string): string => {
    let text: unknown = messages[section as keyof typeof ko];
    for (const name of path.split('.')) text = (text as Record<string, unknown>)[name];
    return typeof text === 'function' ? text(3) : String(text);
  };
  for (const [section, paths] of places) {
    for (const path of paths) {
      expect([path, textOf(ko, section, path)]).toEqual([path, expect.stringMatching(/담/)]);
      expect([path, textOf(en, section, path)]).toEqual([path, expect.stringMatching(/\badd(ed)?\b/i)]);
    }
  }
});

test('Korean is preferred', () => {
  expect([preferred(['en', 'ko']), preferred(['ko', 'en']), preferred(['de', 'fr']), preferred([])]).toEqual(['en', 'ko', 'ko', 'ko']);
});

test('money is written as in each language', () => {
  expect([formatMoney(3780, 'KRW', 'ko'), formatMoney(3780, 'KRW', 'en'), formatMoney(-500, 'KRW', 'en')]).toEqual([
    '3,780원',
    '₩3,780',
    '-₩500',
  ]);
});

test('Korean texts are in lib/i18n only', () => {
  const sources = ['app', 'components', 'lib'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const files = [...sources, 'app.json', 'app.config.js'].filter((path) => /\.(tsx?|js|json)$/.test(path));
  const korean = files.filter((path) => /[가-힣]/.test(readFileSync(path, 'utf8')));
  expect(files.length).toBeGreaterThan(60);
  expect(korean.filter((path) => !path.startsWith(join('lib', 'i18n')))).toEqual([]);
});
