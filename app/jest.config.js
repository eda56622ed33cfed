// Components as on a device; what only browsers have, such as IndexedDB and the progress of an upload, as in one.
const moduleNameMapper = {
  '^lucide-react-native/icons/(.*)$': '<rootDir>/node_modules/lucide-react-native/dist/cjs/icons/$1.js',
  '^@react-native-async-storage/async-storage$': '@react-native-async-storage/async-storage/jest/async-storage-mock',
};

module.exports = {
  // Machines may be busy.
  testTimeout: 30_000,
  // Sockets of the test servers linger in the pools of fetch and XMLHttpRequest.
  forceExit: true,
  projects: [
    {
      preset: 'jest-expo/ios',
      displayName: 'device',
      testMatch: ['<rootDir>/tests/**/*.test.{ts,tsx}'],
      testPathIgnorePatterns: ['\\.web\\.test\\.tsx?$'],
      setupFilesAfterEnv: ['<rootDir>/tests/setup.ts'],
      moduleNameMapper,
    },
    {
      preset: 'jest-expo/web',
      displayName: 'browser',
      testMatch: ['<rootDir>/tests/**/*.web.test.{ts,tsx}'],
      moduleNameMapper,
    },
  ],
};
