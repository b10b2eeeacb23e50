#!/usr/bin/env bash
# Keeps one issue open while the account is not as the files declare: opened, updated and
# closed by the last plan.
# shellcheck disable=SC2016 # these are quotes of Markdown
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mark="<!-- domainsync drift of $DS_DIRECTORY -->"
code=$(cat "$DS_OUT/plan.code")
case $code in
0 | 2 | 3 | 4 | 5) ;;
*) # There is no plan: nobody knows whether something differs.
	echo "The issue stays as it is: $(code_means "$code")."
	exit "$code"
	;;
esac
issue=$(find_issue "$mark")
if [ "$code" != 0 ]; then
	{
		echo "$mark"
		cat "$DS_OUT/plan.md"
		printf '\n---\nThe account is not as `%s` declares at commit `%s`. Exit code %s: %s. [The run](%s) has the rest. This issue closes by itself.\n' \
			"$DS_DIRECTORY" "$(commit)" "$code" "$(code_means "$code")" "$(run_url)"
	} >"$DS_OUT/issue.md"
	put_issue "$issue" "domainsync: the account differs from $DS_DIRECTORY" "$DS_OUT/issue.md"
elif [ -n "$issue" ]; then
	printf 'The account is as `%s` declares at commit `%s`. [The run](%s)\n' "$DS_DIRECTORY" "$(commit)" "$(run_url)" >"$DS_OUT/issue.md"
	close_issue "$issue" "$DS_OUT/issue.md"
fi
