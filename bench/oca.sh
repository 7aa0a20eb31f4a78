#!/usr/bin/env bash
# OCA's way to test a repository: all that its modules depend on into one new database, then all modules with their tests in
# one process: bench/oca.sh DEPENDENCIES MODULES, both separated by commas.
# Set by the benchmark: ODOO_ARGS (demo data: its option differs between series), LOG, HUB_RUNNER_ADDONS.
set -uo pipefail
DEPENDENCIES=${1:?usage: bench/oca.sh DEPENDENCIES MODULES}
MODULES=${2:?usage: bench/oca.sh DEPENDENCIES MODULES}
PROJECT=hub-agent-bench-oca-$(date +%s)
LOG=${LOG:-proof_of_execution_tests.log}
cd "$(dirname "$0")/.."

compose() { docker compose --project-name "$PROJECT" --file docker-compose.agent.yml "$@"; }
cleanup() { compose down --volumes --remove-orphans --timeout 0; }
trap cleanup EXIT
trap 'exit 130' INT TERM

export HUB_RUNNER_PORT=${HUB_RUNNER_PORT:-8108}
compose up --detach --wait db
odoo() {
    # shellcheck disable=SC2086  # ODOO_ARGS is words
    compose run --rm --no-TTY --entrypoint odoo odoo --database test ${ODOO_ARGS:-} --stop-after-init \
        --http-port 8070 --max-cron-threads 0 --db_host db --db_user odoo --db_password "${HUB_RUNNER_DB_PASSWORD:-odoo}" "$@"
}
{ odoo -i "$DEPENDENCIES" && odoo -i "$MODULES" --test-enable --test-tags "/${MODULES//,/,/}"; } 2>&1 | tee "$LOG"
exit "${PIPESTATUS[0]}"
