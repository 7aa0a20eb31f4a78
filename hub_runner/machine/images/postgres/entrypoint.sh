#!/bin/sh
# The official image's contract: POSTGRES_USER (a superuser), POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS,
# POSTGRES_HOST_AUTH_METHOD and PGDATA; started as root it becomes postgres; a cluster is made where there is none yet, then
# the files of /docker-entrypoint-initdb.d run, and only then does it listen; any other command runs as it stands.
set -eu
case ${1:-postgres} in
    -*) set -- postgres "$@" ;;
    postgres) ;;
    *) exec "$@" ;;
esac

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    find "$PGDATA" ! -user postgres -exec chown postgres: {} +
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
password=${POSTGRES_PASSWORD:-}
method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}

make_cluster() {
    if [ -z "$password" ] && [ "$method" != trust ]; then
        echo "POSTGRES_PASSWORD is not set: a database without a password is not made." >&2
        exit 1
    fi
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    secret=$(mktemp)
    echo "$password" > "$secret"
    # shellcheck disable=SC2086  # the contract of POSTGRES_INITDB_ARGS is words, not one argument
    initdb --username="$user" --auth=trust ${password:+--pwfile="$secret"} ${POSTGRES_INITDB_ARGS:-}
    rm "$secret"
    printf '%s\n' "local all all trust" "host all all 127.0.0.1/32 trust" "host all all ::1/128 trust" \
        "host all all all $method" > "$PGDATA/pg_hba.conf"
    if [ "$database" != postgres ]; then
        echo "CREATE DATABASE \"$database\"" | postgres --single -j postgres > /dev/null
    fi
}

run_files() {
    [ -n "$(ls /docker-entrypoint-initdb.d)" ] || return 0
    pg_ctl -D "$PGDATA" -w -o "-c listen_addresses=''" start
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh) sh "$file" ;;
            *.sql) psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$user" -d "$database" -f "$file" ;;
            *) echo "$file is neither .sh nor .sql: passed over" ;;
        esac
    done
    pg_ctl -D "$PGDATA" -w -m fast stop
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    make_cluster
    run_files
fi
exec "$@"
