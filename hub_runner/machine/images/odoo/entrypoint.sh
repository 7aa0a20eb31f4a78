#!/bin/sh
# The official image's contract: HOST, PORT, USER, PASSWORD and their older names, or a file for the password, name the
# database; they are added for `odoo`, `--` and options only, once PostgreSQL answers; any other command runs as it stands.
set -eu
[ -z "${PASSWORD_FILE+set}" ] || PASSWORD=$(cat "$PASSWORD_FILE")
host=${HOST:-${DB_PORT_5432_TCP_ADDR:-db}}
port=${PORT:-${DB_PORT_5432_TCP_PORT:-5432}}
user=${USER:-${DB_ENV_POSTGRES_USER:-${POSTGRES_USER:-odoo}}}
password=${PASSWORD:-${DB_ENV_POSTGRES_PASSWORD:-${POSTGRES_PASSWORD:-odoo}}}

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
