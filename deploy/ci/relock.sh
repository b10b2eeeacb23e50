#!/usr/bin/env bash
# Closes the locks that a run has opened and that a runner has stopped before it could
# close them. It runs in any case; where nothing is open it does nothing.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

settings
credentials
inertly domainsync resume --relock-only "${flags[@]}"
