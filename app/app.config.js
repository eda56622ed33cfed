const fs = require('fs');

const texts = require('./lib/i18n/native.ko.json');

/** The version of the product is set in pyproject.toml, one folder up. */
const pyproject = fs.readFileSync(require.resolve('../pyproject.toml'), 'utf8');

/** What other apps may share with this one. As in public/manifest.webmanifest. */
const SHARED = ['image/*', 'application/pdf'];

/** app.json with the version and with the Korean texts that phones show. */
module.exports = ({ config }) => ({
  ...config,
  version: /^version = "(.+)"$/m.exec(pyproject)[1],
  name: texts.name,
  web: { ...config.web, name: texts.name },
  plugins: [
    ...config.plugins,
    [
      'expo-sharing',
      {
        ios: { enabled: true, activationRule: { supportsImageWithMaxCount: 10, supportsFileWithMaxCount: 10 } },
        android: { enabled: true, singleShareMimeTypes: SHARED, multipleShareMimeTypes: SHARED },
      },
    ],
    ['expo-camera', { cameraPermission: texts.cameraForBarcodes, recordAudioAndroid: false }],
    [
      'expo-image-picker',
      { photosPermission: texts.gallery, cameraPermission: texts.cameraForReceipts, microphonePermission: false },
    ],
  ],
});
