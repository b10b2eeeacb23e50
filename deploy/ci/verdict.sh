#!/usr/bin/env bash
# Ends as the plan did, after all was shown: changes that are pending are what a request
# is for, and are no failure.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

code=$(cat "$DS_OUT/plan.code" 2>/dev/null) || fail "there is no plan: an earlier step says why"
if [ "$code" = 2 ]; then code=0; fi
# A snapshot without persons leaves something unknown of most accounts.
if [ "$code" = 4 ] && [ -e "$DS_OUT/plan.fork" ]; then code=0; fi
exit "$code"
