// Transforms packages for Jest with Sucrase, which takes a fraction of Babel's time. Babel transforms what Sucrase cannot.
const babelJest = require('babel-jest').default;
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { transform } = require('sucrase');
const { version } = require('sucrase/package.json');

// Values that Expo's preset inlines, and mocks that Jest's preset moves above the imports.
const NEEDS_PRESETS = /process\.env\.EXPO|require\.context|import\.meta|\bjest\.(un)?mock\(/;
// React Native's mocks of these look for a prototype, which an arrow function has only after Babel.
const MOCKED_COMPONENT = /\/react-native\/Libraries\/.*\/(ActivityIndicator|Image|Modal|ScrollView|Text|TextInput|View)(\.ios)?\.js$/;
const THIS_FILE = readFileSync(module.filename);

function withSucrase(source, filePath) {
  const types = /\.tsx?$/.test(filePath) ? 'typescript' : 'flow';
  try {
    return transform(source, {
      filePath,
      transforms: [types, 'jsx', 'imports'],
      jsxRuntime: 'automatic',
      production: true, // JSX as in Expo's preset, without the position in the source
      disableESTransforms: true,
    });
  } catch (error) {
    // Some files have syntax of Flow that is newer than Sucrase, such as `component` and `as`.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

module.exports = {
  /** `babelOptions` are those of the preset. */
  createTransformer(babelOptions) {
    const babel = babelJest.createTransformer(babelOptions);
    return {
      getCacheKey: (source, path, { configString }) =>
        createHash('sha1')
          .update([version, process.version, configString, path, source].join('\0'))
          .update(THIS_FILE)
          .digest('hex'),
      process(source, path, options) {
        const sucrase = NEEDS_PRESETS.test(source) || MOCKED_COMPONENT.test(path) ? null : withSucrase(source, path);
        return sucrase ? { code: sucrase.code } : babel.process(source, path, options);
      },
    };
  },
};
