import { isWorthRetry, Problem } from '@/lib/problem';

test.each([
  ['without a connection', new Problem('offline', true), 0, true],
  ['without a connection, thrice', new Problem('offline', true), 2, false],
  ['without an answer within the time limit', new Problem('offline', true, null, undefined, true), 0, false],
  ['over a limit, where each attempt may count', new Problem('rate_limited', true, 20), 0, false],
  ['that was refused', new Problem('receipt_not_found', false), 0, false],
])('whether a query is sent again: %s', (_, problem, failures, expected) => {
  expect(isWorthRetry(failures, problem)).toBe(expected);
});
