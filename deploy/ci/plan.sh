#!/usr/bin/env bash
# Plans, and writes what later steps show, masked: plan.html, plan.md, plan.json and plan.log. It
# ends well wherever there is something to show; verdict.sh ends with the plan's code.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

settings
accepted
if is_fork; then
	without_credentials
	[ -s "$DS_OUT/live.json" ] || fail "a request from a fork gets no credentials: it is planned against a snapshot, and there is none; name one (snapshot)"
	flags+=(--live "$DS_OUT/live.json")
else
	credentials
fi

# The file has all values: it is shown masked, and never becomes an artifact.
whole=$DS_OUT/whole.json
trap 'rm -f "$whole"' EXIT
rm -f "$whole" "$DS_OUT"/plan.*
if is_fork; then touch "$DS_OUT/plan.fork"; fi

plan() { domainsync plan --detailed-exitcode --out "$whole" "${flags[@]}" 2>&1 | tee "$DS_OUT/plan.log"; }
code=0
inertly plan || code=$?
if [ -s "$whole" ]; then
	domainsync show "$whole" --format markdown >"$DS_OUT/plan.md"
	domainsync show "$whole" --format json >"$DS_OUT/plan.json"
	domainsync show "$whole" --format html >"$DS_OUT/plan.html"
else
	{
		printf '### domainsync plan\n\n**There is no plan: %s.**\n\n' "$(code_means "$code")"
		as_code "$DS_OUT/plan.log"
	} >"$DS_OUT/plan.md"
fi
echo "$code" >"$DS_OUT/plan.code"
output code "$code"
output page "$DS_OUT/plan.md"
artifacts plan.html plan.md plan.json plan.log
summary "$DS_OUT/plan.md"
