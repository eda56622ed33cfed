// The guard, in a run of Jest of its own.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const ROOT = process.cwd();
const CONFIG = {
  rootDir: ROOT,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/support/failOnConsole.fixture.js'],
  setupFilesAfterEnv: ['<rootDir>/tests/support/failOnConsole.ts'],
};

type Outcome = { title: string; status: string; failureMessages: string[] };

test('a test that writes a warning or leaves a rejection unhandled fails, and the message quotes it', async () => {
  const jest = [require.resolve('jest/bin/jest'), '--config', JSON.stringify(CONFIG), '--json', '--runInBand'];
  const run = await promisify(execFile)(process.execPath, jest, { cwd: ROOT }).catch((failure) => failure);
  const outcomes: Outcome[] = JSON.parse(run.stdout).testResults[0].assertionResults;
  expect(outcomes.map(({ title, status }) => `${title.split(':')[0]} → ${status}`)).toEqual(
    outcomes.map(({ title }) => (title.startsWith('passes') ? 'passes → passed' : 'fails → failed')),
  );
  expect(outcomes).toHaveLength(8);
  const messages = outcomes.flatMap(({ failureMessages }) => failureMessages).join('\n');
  for (const quoted of [
    /console\.error: an error with details/,
    /console\.warn: a warning/,
    /an unhandled rejection/,
    /not wrapped in act/,
    /did not write to the console as expected: \/missing output\//,
    /console\.error: another error/,
  ]) {
    expect(messages).toMatch(quoted);
  }
});
