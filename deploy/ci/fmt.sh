#!/usr/bin/env bash
# Fails where a file is not formatted.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

settings
inertly domainsync fmt --check "${flags[@]}"
