#!/usr/bin/env bash
# Writes the account as a file without persons, for plans of requests from forks.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

settings
credentials
inertly domainsync snapshot --without-persons --out "$DS_OUT/snapshot.json" "${flags[@]}"
output snapshot "$DS_OUT/snapshot.json"
