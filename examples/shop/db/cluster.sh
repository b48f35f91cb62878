# shellcheck shell=bash
# Sourced by bin/seed and bin/postgres: which server runs, as whom, and where
# the seeded cluster is kept.
#
#   SHOP_CACHE  keeps seeded clusters; /var/tmp/pitwall-shop-UID when unset
#   PG_BIN      directory of postgres and initdb; the newest of Debian's when unset
set -euo pipefail

shop=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${SHOP_CACHE:-/var/tmp/pitwall-shop-$(id -u)}
server_user=postgres # runs the server when we are root, which postgres refuses to be
# shellcheck disable=SC2034 # bin/postgres reads it
socket_limit=107     # bytes of a Unix socket's path, unix(7)

# The caller's PGHOST and the like must not lead us to another server.
pg_bin=${PG_BIN:-}
for name in $(compgen -e PG || true); do unset "$name"; done

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

is_root() { [ "$(id -u)" = 0 ]; }

# as_server COMMAND... replaces this shell. The server ends (INT: roll back,
# checkpoint, exit) when the script that started it dies, even by kill -9.
as_server() {
  local switch=()
  if is_root; then
    switch=(--reuid="$server_user" --regid="$server_user" --init-groups)
  fi
  cd /
  exec setpriv "${switch[@]}" --pdeathsig INT -- "$@"
}

# give DIR to the server's user.
give() { if is_root; then chown "$server_user:$server_user" "$1"; fi; }

# find_server sets pg_bin.
find_server() {
  if [ -z "$pg_bin" ]; then
    pg_bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  fi
  if ! [ -x "$pg_bin/postgres" ] || ! [ -x "$pg_bin/initdb" ]; then
    die "no PostgreSQL server in $pg_bin: install Debian's postgresql, or set PG_BIN"
  fi
  if is_root && ! id -u "$server_user" >/dev/null 2>&1; then
    die "root cannot run PostgreSQL, and there is no user $server_user: install Debian's postgresql-common"
  fi
}

# own_cache makes the cache, or refuses one that others could have planted.
own_cache() {
  (umask 0066 && mkdir -p "$cache")
  if ! [ -O "$cache" ] || [ -n "$(find "$cache" -maxdepth 0 -perm /022)" ]; then
    die "$cache belongs to somebody else, or others may write there: set SHOP_CACHE"
  fi
}

# cluster_key is the same as long as a fresh seeding would give the same rows.
cluster_key() {
  local major
  major=$("$pg_bin/postgres" --version | grep -oE '[0-9]+' | head -n 1)
  printf 'pg%s-%s' "$major" \
    "$(cat "$shop"/db/postgresql.conf "$shop"/db/seed/*.sql "$shop"/db/fix/*.sql | sha256sum | cut -c 1-16)"
}

# fixes_index: SHOP_FIX names missing_index.
fixes_index() { [[ ",${SHOP_FIX:-}," == *,missing_index,* ]]; }

# cluster_path is where the cluster for this SHOP_FIX is, or will be.
cluster_path() {
  local path
  path=$cache/$(cluster_key)
  if fixes_index; then path=$path-indexed; fi
  printf '%s' "$path"
}
