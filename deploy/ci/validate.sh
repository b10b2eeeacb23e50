#!/usr/bin/env bash
# Checks the files, and has the host of the request show each mistake at its line.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if is_fork; then without_credentials; fi
validate
