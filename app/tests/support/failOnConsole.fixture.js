// Run by failOnConsole.test.ts, as a suite of its own. The names say what must become of each test.
/* global test */
const React = require('react');
const { create } = require('react-test-renderer');

const { expectConsole } = require('./failOnConsole');

globalThis.IS_REACT_ACT_ENVIRONMENT = true;

test('passes: is quiet', () => console.log('for information'));

test('fails: writes an error', () => console.error('an error with %s', 'details'));

test('fails: writes a warning', () => console.warn('a warning'));

test('fails: leaves a rejection unhandled', () => void Promise.reject(new Error('an unhandled rejection')));

test('fails: updates a component outside act', async () => {
  let update;
  const Counter = () => {
    const [count, setCount] = React.useState(0);
    update = setCount;
    return count;
  };
  React.act(() => void create(React.createElement(Counter)));
  update(1);
});

test('passes: writes what it announced', () => {
  expectConsole(/announced/);
  console.error('an announced error');
});

test('fails: writes nothing of what it announced', () => expectConsole(/missing output/));

test('fails: writes more than it announced', () => {
  expectConsole(/announced/);
  console.error('an announced error');
  console.error('another error');
});
