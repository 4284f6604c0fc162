#!/bin/sh
# Runs one Postgres server from whatever image has its programs, as any user, without the image's own entry point.
#   postgres.sh run     makes the data directory when there is none, then becomes the server
#   postgres.sh ready   whether it answers
#   postgres.sh stop    begins its end: no new clients, the open ones cut, all data written
set -eu
data=/var/lib/swarmpost/data

# The folder of the programs: of the version that made the data, else the newest; else whatever PATH finds.
version=$(cat "$data/PG_VERSION" 2>/dev/null || echo "*")
for folder in /usr/lib/postgresql/$version/bin /usr/pgsql-$version/bin /usr/local/bin; do
  if [ -x "$folder/postgres" ]; then PATH="$folder:$PATH"; fi
done

case "$1" in
  run)
    if [ ! -s "$data/PG_VERSION" ]; then
      # Made beside its place and moved there whole, so that a kill in between leaves nothing half made.
      rm -rf "$data.new"
      initdb --pgdata="$data.new" --username=postgres --pwfile=/etc/swarmpost/password/password \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C
      sync
      mv "$data.new" "$data"
      sync
    fi
    chmod 0700 "$data"
    # After a kill the old process's file is there, and its number may be that of this very process.
    rm -f "$data/postmaster.pid"
    exec postgres -D "$data" -c listen_addresses='*' -c port=5432 -c unix_socket_directories= \
      -c hba_file=/etc/swarmpost/postgres/pg_hba.conf -c max_connections="$(cat /etc/swarmpost/postgres/connections)" \
      -c shared_buffers=128MB -c dynamic_shared_memory_type=mmap -c password_encryption=scram-sha-256
    ;;
  ready) exec pg_isready --quiet --host=127.0.0.1 --port=5432 --username=postgres ;;
  # The server is the container's first process. The signal that Kubernetes sends next would let clients finish, who never do.
  stop) kill -INT 1 ;;
esac
