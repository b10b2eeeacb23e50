#!/usr/bin/env bash
# Plans, and writes what later steps show, masked: plan.html, plan.md, plan.json and
# plan.log. Where a state is named it keeps the whole plan under its hash, for the apply
# after the merge. It ends well wherever there is something to show; verdict.sh ends with
# the plan's code.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

settings
accepted
if [ -z "${DOMAINSYNC_STATE:-}" ]; then unset DOMAINSYNC_STATE; fi # an input that was not given
if is_fork; then
	without_credentials
	[ -s "$DS_OUT/live.json" ] || fail "a request from a fork gets no credentials: it is planned against a snapshot, and there is none; name one (snapshot)"
	flags+=(--live "$DS_OUT/live.json")
else
	credentials
	if [ -n "${DOMAINSYNC_STATE:-}" ]; then
		flags+=(--store --commit "$(commit)" --label "repository=$(repository)")
		if [ -n "$(request)" ]; then flags+=(--label "request=$(request)"); fi
	fi
fi

# The file has all values: it is shown masked, and never becomes an artifact.
whole=$DS_OUT/whole.json
trap 'rm -f "$whole"' EXIT
rm -f "$whole" "$DS_OUT"/plan.*
if is_fork; then touch "$DS_OUT/plan.fork"; fi

plan() { domainsync plan --detailed-exitcode --format markdown --out "$whole" "${flags[@]}" >"$DS_OUT/plan.md" 2>"$DS_OUT/plan.log"; }
show() {
	cat "$DS_OUT/plan.log" >&2
	if [ -s "$whole" ]; then domainsync show "$whole"; fi
}
code=0
plan || code=$?
inertly show
if [ -s "$whole" ]; then
	hash=$(sha256sum "$whole" | cut -d ' ' -f 1)
	if grep -q "apply --reviewed $hash\$" "$DS_OUT/plan.log"; then # what the state keeps is what the file has
		printf '%s %s %s\n' "$hash" "$(commit)" "$(tree HEAD)" >"$DS_OUT/plan.hash"
	fi
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
