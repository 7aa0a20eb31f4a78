#!/usr/bin/env bash
# The plain way, as the work order describes it: compose up, poll for health, exec odoo -i, down. It is what hub-runner is
# compared with, so it does the same work with the same images and compose file: bench/plain.sh MODULE
# Set by the benchmark: ODOO_ARGS (demo data: its option differs between series), LOG.
set -uo pipefail
MODULE=${1:?usage: bench/plain.sh MODULE}
PROJECT=hub-agent-bench-$MODULE-$(date +%s)
LOG=${LOG:-proof_of_execution_tests.log}
cd "$(dirname "$0")/.."

compose() { docker compose --project-name "$PROJECT" --file docker-compose.agent.yml "$@"; }
cleanup() { compose down --volumes --remove-orphans; }
trap cleanup EXIT
trap 'exit 130' INT TERM

for port in $(seq 8090 8100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
done
export HUB_RUNNER_PORT=$port

compose up --detach
for _ in $(seq 120); do
    [ "$(docker inspect --format '{{.State.Health.Status}}' "$(compose ps --quiet odoo)")" = healthy ] && break
    sleep 1
done
# shellcheck disable=SC2086  # ODOO_ARGS is words
compose exec --no-TTY odoo odoo --database test -i "$MODULE" ${ODOO_ARGS:-} \
    --test-enable --test-tags "/$MODULE" --stop-after-init --http-port 8070 --max-cron-threads 0 \
    --db_host db --db_user odoo --db_password "${HUB_RUNNER_DB_PASSWORD:-odoo}" 2>&1 | tee "$LOG"
exit "${PIPESTATUS[0]}"
