import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { formatDay, formatMoney, preferred, words } from '@/lib/i18n';
import { en } from '@/lib/i18n/en';
import { ko } from '@/lib/i18n/ko';
import { Problem } from '@/lib/problem';

test('every error has a text in both languages, and so do unknown errors', () => {
  expect(Object.keys(en.problems).sort()).toEqual(Object.keys(ko.problems).sort());
  expect(words(ko, new Problem('unknown_code', false))).toBe(ko.problems.fault);
});

test.each([
  ['2026-11-23', '11월 23일 (월)'],
  ['2027-01-05', '1월 5일 (화)'],
  ['2026-03-01', '3월 1일'],
  ['2027-06-01', '2027년 6월 1일'],
])('on 23 November 2026 %s is %s', (day, text) => {
  expect(formatDay(day, 'ko', '2026-11-23')).toBe(text);
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
