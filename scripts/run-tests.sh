#!/usr/bin/env bash
# Tests Odoo modules: scripts/run-tests.sh MODULE... [options], the same as `nox -s test -- MODULE...`.
#
# nox runs as a job of its own: a signal reaches this script at once, not after nox has ended, and goes on to nox and to the
# runner, which clean up. The trap is a net of its own: whatever became of nox, what a dead run has left is removed.
set -uom pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
if ! command -v nox >/dev/null; then
    echo "run-tests.sh: nox is not on PATH, and nothing was tested: pip install nox" >&2
    exit 1
fi

nox=
cleanup() {
    status=$?
    trap '' INT TERM HUP
    if [ -n "$nox" ]; then
        kill -INT -- "-$nox" 2>/dev/null
        wait "$nox"
    fi
    # 0 and 1 are nox's own words; anything else means that it was interrupted or killed
    [ "$status" -le 1 ] || nox --session clean >/dev/null 2>&1
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

HUB_RUNNER_PARENT=$$ nox --session test -- "$@" </dev/null &
nox=$!
wait "$nox"
status=$?
nox=
exit "$status"
