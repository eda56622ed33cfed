#!/usr/bin/env bash
# Check the Prometheus rules and run their tests, where promtool is installed (Debian: apt-get install prometheus).
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v promtool > /dev/null; then
  echo "promtool is not installed: the tests of the alert rules were not run (infra/monitoring/tests)" >&2
  exit 0
fi
promtool check config --syntax-only prometheus.yml
promtool check rules rules/*.yml
promtool test rules tests/*.test.yml
