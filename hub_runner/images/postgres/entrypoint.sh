#!/bin/sh
# The official image's contract: POSTGRES_USER (a superuser), POSTGRES_PASSWORD, POSTGRES_DB and PGDATA; the cluster is made
# on the first start, listens on all interfaces only once it is complete, and any other command runs as it stands.
set -eu
case ${1:-postgres} in
    -*) set -- postgres "$@" ;;
    postgres) ;;
    *) exec "$@" ;;
esac

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        echo "POSTGRES_PASSWORD is not set: a database without a password is not made." >&2
        exit 1
    fi
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    printf '%s\n' "${POSTGRES_PASSWORD:-}" > /tmp/password
    # shellcheck disable=SC2086  # the contract of POSTGRES_INITDB_ARGS is words, not one argument
    if [ -n "${POSTGRES_PASSWORD:-}" ]; then
        initdb --username="$user" --pwfile=/tmp/password --auth=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-}
    else
        initdb --username="$user" --auth=trust ${POSTGRES_INITDB_ARGS:-}
    fi
    rm /tmp/password
    echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
    if [ "$database" != postgres ]; then
        echo "CREATE DATABASE \"$database\"" | postgres --single -j postgres > /dev/null
    fi
fi
exec "$@" -c "listen_addresses=*"
