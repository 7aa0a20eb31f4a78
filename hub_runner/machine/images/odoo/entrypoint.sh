#!/bin/sh
# The official image's contract: HOST, PORT, USER and PASSWORD name the database; they are added for `odoo`, `--` and
# options only, once PostgreSQL answers; any other command runs as it stands.
set -eu
host=${HOST:-db} port=${PORT:-5432} user=${USER:-odoo} password=${PASSWORD:-odoo}

start_odoo() {
    for _ in $(seq 30); do
        pg_isready --quiet --host "$host" --port "$port" && break
        sleep 1
    done
    exec odoo "$@" --db_host "$host" --db_port "$port" --db_user "$user" --db_password "$password"
}

case ${1:-odoo} in
    odoo | --)
        shift
        [ "${1:-}" = scaffold ] && exec odoo "$@"
        start_odoo "$@"
        ;;
    -*) start_odoo "$@" ;;
    *) exec "$@" ;;
esac
