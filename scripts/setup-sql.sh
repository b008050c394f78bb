#!/usr/bin/env bash
# Runs a command with a PostgreSQL and a MariaDB server on loopback, and stops both afterwards.
#
# usage: setup-sql.sh [--postgres FILE --postgres-port N] [--mariadb FILE --mariadb-port N] COMMAND...
#
# Without options: free ports, told to the command as SNOWMELT_TEST_POSTGRES and SNOWMELT_TEST_MARIADB, and the user snow with
# the password melt in the database snowmelt. With a FILE that server runs its statements instead; without one for a server
# when the other has one, only that other server is started.
set -euo pipefail

postgres_file='' postgres_port='' mariadb_file='' mariadb_port=''
while [[ ${1:-} == --* ]]; do
  case $1 in
    --postgres) postgres_file=$2 ;;
    --postgres-port) postgres_port=$2 ;;
    --mariadb) mariadb_file=$2 ;;
    --mariadb-port) mariadb_port=$2 ;;
    *) echo "setup-sql: unknown option $1" >&2 && exit 2 ;;
  esac
  shift 2
done
tests=$([[ -z $postgres_file$mariadb_file ]] && echo yes || echo no)
with_postgres=$([[ $tests == yes || -n $postgres_file ]] && echo yes || echo no)
with_mariadb=$([[ $tests == yes || -n $mariadb_file ]] && echo yes || echo no)

bin=$(find /usr/lib/postgresql /usr/local/pgsql /opt/homebrew/opt -path '*/bin/initdb' 2>/dev/null | sort -V | tail -1 || true)
bin=${bin%/initdb}
if [[ $with_postgres == yes && -z $bin ]]; then
  echo "setup-sql: please install postgresql" >&2
  exit 1
fi
if [[ $with_mariadb == yes ]]; then
  for tool in mariadbd mariadb-install-db mariadb; do
    command -v "$tool" >/dev/null || {
      echo "setup-sql: please install mariadb-server ($tool)" >&2
      exit 1
    }
  done
fi

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
folder=$(mktemp -d /tmp/snowmelt-sql.XXXXXX)
mariadb_pid=''
stop() {
  if [[ -n $mariadb_pid ]]; then
    kill "$mariadb_pid" 2>/dev/null || true
    wait "$mariadb_pid" 2>/dev/null || true
  fi
  [[ -f $folder/postgres/postmaster.pid ]] && as_postgres "$bin/pg_ctl" -D "$folder/postgres" -m immediate stop >/dev/null
  rm -rf "$folder"
}
trap stop EXIT

# neither server runs as root
as_postgres() {
  if [[ $(id -u) == 0 ]]; then
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@")
  else
    "$@"
  fi
}

if [[ $with_postgres == yes ]]; then
  port=${postgres_port:-$(free_port)}
  mkdir "$folder/postgres"
  if [[ $(id -u) == 0 ]]; then
    chmod 755 "$folder"
    chown postgres "$folder/postgres"
  fi
  as_postgres "$bin/initdb" -D "$folder/postgres" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
  as_postgres "$bin/pg_ctl" -D "$folder/postgres" -w -l "$folder/postgres/log" -o \
    "-c listen_addresses=127.0.0.1 -p $port -k $folder/postgres -c fsync=off -c timezone=UTC" start >/dev/null
  client=("$bin/psql" -q -v ON_ERROR_STOP=1 -U postgres -h 127.0.0.1 -p "$port")
  if [[ -n $postgres_file ]]; then
    "${client[@]}" -f "$postgres_file" >/dev/null
  else
    "${client[@]}" -c "CREATE ROLE snow LOGIN PASSWORD 'melt'" -c "CREATE DATABASE snowmelt OWNER snow ENCODING 'UTF8'"
    export SNOWMELT_TEST_POSTGRES=$port
  fi
fi

if [[ $with_mariadb == yes ]]; then
  port=${mariadb_port:-$(free_port)}
  user=$([[ $(id -u) == 0 ]] && echo mysql || id -un)
  mkdir "$folder/mariadb"
  if [[ $(id -u) == 0 ]]; then
    chmod 755 "$folder"
    chown mysql "$folder/mariadb"
  fi
  mariadb-install-db --no-defaults --datadir="$folder/mariadb" --user="$user" --auth-root-authentication-method=normal >/dev/null
  mariadbd --no-defaults --datadir="$folder/mariadb" --user="$user" --bind-address=127.0.0.1 --port="$port" \
    --socket="$folder/mariadb/socket" --default-time-zone=+00:00 >"$folder/mariadb.log" 2>&1 &
  mariadb_pid=$!
  client=(mariadb --no-defaults --host=127.0.0.1 --port="$port" -u root --default-character-set=utf8mb4)
  for _ in $(seq 300); do
    "${client[@]}" -e 'SELECT 1' >/dev/null 2>&1 && break
    kill -0 "$mariadb_pid" 2>/dev/null || {
      cat "$folder/mariadb.log" >&2
      exit 1
    }
    sleep 0.1
  done
  if [[ -n $mariadb_file ]]; then
    "${client[@]}" <"$mariadb_file"
  else
    "${client[@]}" <<'SQL'
CREATE DATABASE snowmelt CHARACTER SET utf8mb4;
CREATE USER 'snow'@'%' IDENTIFIED BY 'melt';
CREATE USER 'snow'@'localhost' IDENTIFIED BY 'melt';
GRANT ALL ON snowmelt.* TO 'snow'@'%';
GRANT ALL ON snowmelt.* TO 'snow'@'localhost';
USE snowmelt;
CREATE TABLE kinds (k varchar(20), b boolean, n decimal(40,9), f float, d double, dt date, ts timestamp(6) NULL, dtm datetime(6),
  tm time, yr year, ub bigint unsigned, bt bit(1), tiny tinyint, j json);
INSERT INTO kinds VALUES ('ü''', true, 0, 123456789.125, 1e-300, '1000-01-01', '2020-01-02 03:04:05.1', '2020-01-02 03:04:05.1',
  '03:04:05', 2003, 18446744073709551602, b'1', -4, '{"a":1}');
SQL
    export SNOWMELT_TEST_MARIADB=$port
  fi
fi

"$@"
