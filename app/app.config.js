const fs = require('fs');

const texts = require('./lib/i18n/native.ko.json');

/** The version of the product is set in pyproject.toml, one folder up. */
const pyproject = fs.readFileSync(require.resolve('../pyproject.toml'), 'utf8');

/** app.json with the version and with the Korean texts that phones show. */
module.exports = ({ config }) => ({
  ...config,
  version: /^version = "(.+)"$/m.exec(pyproject)[1],
  name: texts.name,
  web: { ...config.web, name: texts.name },
  plugins: [
    ...config.plugins,
    ['expo-camera', { cameraPermission: texts.cameraForBarcodes, recordAudioAndroid: false }],
    [
      'expo-image-picker',
      { photosPermission: texts.gallery, cameraPermission: texts.cameraForReceipts, microphonePermission: false },
    ],
  ],
});
