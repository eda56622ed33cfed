// The rest of what the presets say of transformations is for the app's own files.
const forPackages = (preset) => {
  const options = require(`${preset}/jest-preset`).transform['\\.[jt]sx?$'][1];
  return { '/node_modules/.+\\.[jt]sx?$': ['<rootDir>/tests/support/packageTransformer.js', options] };
};
// Components are tested as on a device; browser features, such as IndexedDB and upload progress, as in a browser.
const shared = {
  moduleNameMapper: {
    '^lucide-react-native/icons/(.*)$': '<rootDir>/node_modules/lucide-react-native/dist/cjs/icons/$1.js',
    '^@react-native-async-storage/async-storage$': '@react-native-async-storage/async-storage/jest/async-storage-mock',
  },
};

module.exports = {
  // Ends a test that hangs. Waits inside a test do not depend on it.
  testTimeout: 300_000,
  // Sockets of the test servers linger in the pools of fetch and XMLHttpRequest.
  forceExit: true,
  projects: [
    {
      ...shared,
      preset: 'jest-expo/ios',
      transform: forPackages('jest-expo/ios'),
      displayName: 'device',
      testMatch: ['<rootDir>/tests/**/*.test.{ts,tsx}'],
      testPathIgnorePatterns: ['\\.web\\.test\\.tsx?$'],
      setupFilesAfterEnv: ['<rootDir>/tests/support/setup.ts', '<rootDir>/tests/support/failOnConsole.ts'],
    },
    {
      ...shared,
      preset: 'jest-expo/web',
      transform: forPackages('jest-expo/web'),
      displayName: 'browser',
      testEnvironment: '<rootDir>/tests/support/browserEnvironment.js',
      testMatch: ['<rootDir>/tests/**/*.web.test.{ts,tsx}'],
      setupFilesAfterEnv: ['<rootDir>/tests/support/failOnConsole.ts'],
    },
  ],
};
