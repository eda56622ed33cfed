const fs = require('fs');

/** The version of the product is set in pyproject.toml, one folder up. */
const pyproject = fs.readFileSync(require.resolve('../pyproject.toml'), 'utf8');

/** app.json with the version. */
module.exports = ({ config }) => ({ ...config, version: /^version = "(.+)"$/m.exec(pyproject)[1] });
