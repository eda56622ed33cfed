// Warnings fail tests: a test that writes to console.error or console.warn, or leaves a rejection unhandled, fails.
import { setImmediate } from 'node:timers';
import { format } from 'node:util';

const written: string[] = [];
const expected: RegExp[] = [];

/** Announces output that the test provokes on purpose. The test fails unless some line matches `pattern`. */
export function expectConsole(pattern: RegExp): void {
  expected.push(pattern);
}

function check(): void {
  const unexpected = written.filter((text) => !expected.some((pattern) => pattern.test(text)));
  const missing = expected.filter((pattern) => !written.some((text) => pattern.test(text)));
  written.length = 0;
  expected.length = 0;
  if (unexpected.length) throw new Error(`The test wrote to the console:\n\n${unexpected.join('\n\n')}`);
  if (missing.length) throw new Error(`The test did not write to the console as expected: ${missing.join(', ')}`);
}

for (const level of ['error', 'warn'] as const) {
  console[level] = (...parts: unknown[]) => {
    const { stack = '' } = new Error();
    written.push(`console.${level}: ${format(...parts)}\n${stack.split('\n').slice(2).join('\n')}`);
  };
}

afterEach(async () => {
  // Node reports an unhandled rejection at the end of a turn of the event loop; jest-circus then fails the running test.
  await new Promise(setImmediate);
  check();
});
// What is written between the last test and the end of the file.
afterAll(check);
