#!/usr/bin/env bash
# Gets the snapshot without persons that the default branch has made last, for a plan of
# a request from a fork.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

fetch_snapshot "${DS_SNAPSHOT:-domainsync-snapshot}" "$DS_OUT/live.json"
echo "The snapshot is $(jq -r .read_at "$DS_OUT/live.json")."
