# shellcheck shell=bash
# What the steps of this directory share. They run on GitHub and on GitLab: what differs
# between the two are the functions of github.sh and gitlab.sh.
#
# Settings come from the environment alone, so that no text of a request becomes a part
# of a script:
#   DS_DIRECTORY      directory of the configuration (default .)
#   DS_ROOT           directory below which everything lies that the configuration reads
#                     (default DS_DIRECTORY); relative to the top of the repository
#   DS_OUT            directory for what the steps write (default: a temporary one of the
#                     runner)
#   DS_ENDPOINT       URL of the service, where it is not the one of the files
#   DS_ACCEPT         what --accept takes, one pattern a line
#   DS_ROLE, DS_OIDC_PROVIDER, DS_AUDIENCE
#                     RAM role, identity provider and audience for keys by OIDC
set -euo pipefail
shopt -s inherit_errexit
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DS_DIRECTORY=${DS_DIRECTORY:-.}
export DS_ROOT=${DS_ROOT:-$DS_DIRECTORY}
export DS_OUT=${DS_OUT:-${RUNNER_TEMP:-${TMPDIR:-/tmp}}/domainsync}
mkdir -p "$DS_OUT"
PATH=$DS_OUT/bin:$PATH

fail() {
	printf 'domainsync: %s\n' "$*" >&2
	exit 1
}

need() {
	local command
	for command; do
		command -v "$command" >/dev/null || fail "this step needs the command $command, which this machine lacks: install it"
	done
}

need jq curl
if [ -n "${GITHUB_ACTIONS:-}" ]; then
	# shellcheck source=github.sh
	. "$here/github.sh"
elif [ -n "${GITLAB_CI:-}" ]; then
	# shellcheck source=gitlab.sh
	. "$here/gitlab.sh"
else
	fail "neither GITHUB_ACTIONS nor GITLAB_CI is set: these steps run on GitHub and on GitLab"
fi
# shellcheck source=api.sh
. "$here/api.sh"

# commit is the one that was checked out: the head of a request, never a trial of a merge.
commit() { git rev-parse HEAD; }

# tree COMMIT stands for all files there that the configuration can read.
tree() {
	if [ "$DS_ROOT" = . ]; then git rev-parse "$1:"; else git rev-parse "$1:${DS_ROOT%/}"; fi
}

# settings leaves the flags of all commands that read the configuration in an array.
settings() {
	flags=(--dir "$DS_DIRECTORY")
	if [ -n "${DS_ENDPOINT:-}" ]; then flags+=(--endpoint "$DS_ENDPOINT"); fi
}

# accepted adds --accept for each line of DS_ACCEPT.
accepted() {
	local pattern
	while IFS= read -r pattern; do
		if [ -n "$pattern" ]; then flags+=(--accept "$pattern"); fi
	done <<<"${DS_ACCEPT:-}"
}

# credentials gets keys by OIDC where a role is named. The program reads the token's file
# again whenever its keys end; each token itself lives for a few minutes.
credentials() {
	[ -n "${DS_ROLE:-}" ] || return 0
	[ -n "${DS_OIDC_PROVIDER:-}" ] || fail "a role is named and no identity provider: set oidc-provider (DS_OIDC_PROVIDER)"
	export ALIBABA_CLOUD_ROLE_ARN=$DS_ROLE ALIBABA_CLOUD_OIDC_PROVIDER_ARN=$DS_OIDC_PROVIDER
	export ALIBABA_CLOUD_OIDC_TOKEN_FILE=$DS_OUT/token ALIBABA_CLOUD_ROLE_SESSION_NAME=domainsync-ci
	token
}

# token writes the file by renaming, so that nobody reads half of one.
token() {
	id_token >"$DS_OUT/token.new"
	[ -s "$DS_OUT/token.new" ] || fail "the runner gives no identity token: the job needs the permission for it (id-token: write, or id_tokens)"
	mv "$DS_OUT/token.new" "$DS_OUT/token"
}

# without_credentials takes away what a request from a fork must not have, whatever the
# workflow around it says.
without_credentials() {
	local name
	for name in $(compgen -e); do
		case $name in
		ALIBABA_* | ALICLOUD_* | ALIBABACLOUD_* | AWS_* | OSS_* | PG* | DOMAINSYNC_* | ACTIONS_* | GITHUB_TOKEN | DS_TOKEN | DS_ROLE | DS_ID_TOKEN) unset "$name" ;;
		esac
	done
	export ALIBABA_CLOUD_ECS_METADATA_DISABLED=true DOMAINSYNC_STATE=$DS_OUT/no-state
}

# artifacts FILE… hands on which of the files there are, one a line.
artifacts() {
	local name all=()
	for name; do
		if [ -s "$DS_OUT/$name" ]; then all+=("$DS_OUT/$name"); fi
	done
	output artifacts "$(printf '%s\n' "${all[@]}")"
}

# code_means says in words how a command ended.
code_means() {
	case $1 in
	0) echo "done, or nothing to do" ;;
	2) echo "changes pending" ;;
	3) echo "refused by a guard, or by the operator's policy" ;;
	4) echo "something needs a person" ;;
	5) echo "interrupted or in doubt" ;;
	6) echo "another run holds the account" ;;
	*) echo "an error" ;;
	esac
}

# as_code writes a text as an indented block of Markdown, in which nothing acts. What is
# too long loses its begin: the end says how it went.
as_code() {
	tail -c 20000 "$1" | iconv -c -f UTF-8 -t UTF-8 | sed 's/^/    /'
	echo
}
