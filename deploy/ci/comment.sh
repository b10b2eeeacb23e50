#!/usr/bin/env bash
# Writes the page of plan.sh or apply.sh under the request, once for each directory, and
# later over itself: comment.sh plan|apply.
# shellcheck disable=SC2016 # these are quotes of Markdown
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

kind=$1
number=$(cat "$DS_OUT/$kind.request" 2>/dev/null || request)
if [ -z "$number" ] || is_fork; then
	echo "There is no request that this job may comment on."
	exit 0
fi
mark="<!-- domainsync $kind of $DS_DIRECTORY -->"
code=$(cat "$DS_OUT/$kind.code" 2>/dev/null || echo 1)
if [ ! -s "$DS_OUT/$kind.md" ]; then # what stood there is of another commit
	printf '### domainsync %s\n\n**There is none: an earlier step failed.**\n' "$kind" >"$DS_OUT/$kind.md"
fi
{
	echo "$mark"
	if [ -s "$DS_OUT/$kind.hash" ]; then printf '<!-- reviewed %s -->\n' "$(cat "$DS_OUT/$kind.hash")"; fi
	cat "$DS_OUT/$kind.md"
	printf '\n---\nExit code %s: %s. Directory `%s`, commit `%s`' "$code" "$(code_means "$code")" "$DS_DIRECTORY" "$(commit)"
	printf '. [The run](%s) has the rest.\n' "$(run_url)"
} >"$DS_OUT/comment.md"
put_comment "$number" "$mark" "$DS_OUT/comment.md"
