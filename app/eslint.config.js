const expo = require('eslint-config-expo/flat');

module.exports = [
  ...expo,
  { ignores: ['dist/', '.expo/'] },
  {
    files: ['tests/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.property.name='toBeNull'] > MemberExpression > CallExpression > CallExpression[callee.property.name=/^query/]",
          message: 'Write `.not.toBeOnTheScreen()`: `toBeNull` takes seconds to print an element, and `waitFor` tries it often.',
        },
      ],
    },
  },
];
