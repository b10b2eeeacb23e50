#!/usr/bin/env bash
# Plays the tests of the configuration, where it has some. They need no account, and get
# no credentials.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

without_credentials
if compgen -G "$DS_DIRECTORY/*.test.hcl" >/dev/null; then
	inertly domainsync test --dir "$DS_DIRECTORY" --junit "$DS_OUT/test.xml"
else
	echo "$DS_DIRECTORY has no *.test.hcl file: nothing is tested."
fi
