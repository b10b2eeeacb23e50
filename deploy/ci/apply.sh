#!/usr/bin/env bash
# Applies: with DS_APPROVE the files, as far as the hazards named there go; with
# DS_REVIEWED the stored plan of that hash; else the plans of the requests that were merged
# by the push that started the job, in order. The first interrupt of a runner reaches the
# program, which settles what it sent and closes locks.
# shellcheck disable=SC2317 # inertly calls what it is given
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

settings
accepted
flags+=(--lock-timeout "${DS_LOCK_TIMEOUT:-60m}" --report "$DS_OUT/report.json")
credentials
rm -f "$DS_OUT"/apply.*
worst=0 child="" interrupted=""

# Identity tokens live for minutes, and an apply for hours.
if [ -n "${DS_ROLE:-}" ]; then
	while sleep 240; do (token) || true; done >/dev/null 2>&1 & # one that fails is not the last
	refresher=$!
	trap 'kill "$refresher" 2>/dev/null || true' EXIT
fi

# forward hands a signal on to the program. Bash itself hears of it only when a command
# ends that it waits for in the foreground: so the program runs in the background.
forward() {
	interrupted=yes
	if [ -n "$child" ]; then kill -s "$1" "$child" 2>/dev/null || true; fi
}
trap 'forward INT' INT
trap 'forward TERM' TERM

# wait_for sets code to how a process ended, however often a signal disturbs the wait.
wait_for() {
	local last
	code=0
	wait "$1" || code=$?
	while kill -0 "$1" 2>/dev/null; do
		code=0
		wait "$1" || code=$?
	done
	last=0
	wait "$1" 2>/dev/null || last=$?
	if [ "$last" != 127 ]; then code=$last; fi # 127: its end was told before
}

# apply runs the program with more flags, and keeps the worst code.
apply() {
	local pipe=$DS_OUT/pipe reader
	rm -f "$pipe"
	mkfifo "$pipe"
	tee -a "$DS_OUT/apply.log" <"$pipe" &
	reader=$!
	domainsync apply "${flags[@]}" "$@" >"$pipe" 2>&1 &
	child=$!
	wait_for "$child"
	child=""
	wait "$reader" || true
	rm -f "$pipe"
	worst=$(worse "$worst" "$code")
	return 0
}

# worse prints the code that counts where two apply.
worse() {
	local one
	for one in 6 5 4 3 1 2; do
		if [ "$1" = "$one" ] || [ "$2" = "$one" ]; then
			echo "$one"
			return
		fi
	done
	if [ "$1" != 0 ]; then echo "$1"; else echo "$2"; fi
}

# refuse tells why a commit is not applied, and makes the job red.
refuse() {
	echo "Commit $1 is not applied: $2." | tee -a "$DS_OUT/apply.log" >&2
	worst=$(worse "$worst" 1)
}

# merge applies what was reviewed in the request that became a commit: the plan of its
# last push, where the merge left its files as they were planned. A squash or a rebase
# makes another commit of them: so files are compared, and not ancestors.
merge() {
	local found request head became line hash planned files
	if ! found=$(merged "$1"); then
		refuse "$1" "nobody can tell by which request it came"
		return
	fi
	read -r request head became <<<"$found"
	if [ -z "${became:-}" ]; then
		refuse "$1" "it came by no request, so that nobody has reviewed a plan of it"
		return
	fi
	if [[ " $seen " == *" $request "* ]]; then return; fi # another commit of a rebase
	seen+=" $request" request_applied=$request
	if ! line=$(find_own "$(comments "$request")?" body body "<!-- domainsync plan of $DS_DIRECTORY -->" | sed -n '2p'); then
		refuse "$1" "the comments of request $request cannot be read"
		return
	fi
	if [[ ! $line =~ ^'<!-- reviewed '([0-9a-f]{64})' '([0-9a-f]{40,64})' '([0-9a-f]{40,64})' -->'$ ]]; then
		refuse "$1" "request $request shows no plan that the state has kept"
		return
	fi
	hash=${BASH_REMATCH[1]} planned=${BASH_REMATCH[2]} files=${BASH_REMATCH[3]}
	if [ "$planned" != "$head" ]; then
		refuse "$1" "the plan of request $request is of commit $planned, and its last one is $head"
	elif ! git merge-base --is-ancestor "$became" HEAD || [ "$files" != "$(tree "$became")" ]; then
		refuse "$1" "what is below $DS_ROOT is not what was planned in request $request, because others merged meanwhile; bring requests up to date before you merge them, and plan again"
	else
		apply --reviewed "$hash" --commit "$planned" --max-age "$max_age"
	fi
}

# everything runs where errors do not end it by themselves.
everything() {
	local commits after
	if [ -n "${DS_APPROVE:-}" ]; then
		apply "--auto-approve=$DS_APPROVE"
	elif [ -n "${DS_REVIEWED:-}" ]; then
		apply --reviewed "$DS_REVIEWED" --max-age "$max_age"
	else
		after=$(pushed_after) || fail "what the branch was before the push cannot be read"
		if [[ $after =~ ^0*$ ]]; then
			commits=$(commit) || fail "which commit this is cannot be read"
		else
			commits=$(git rev-list --first-parent --reverse "$after..HEAD" -- "$DS_ROOT") || fail "the history since $after cannot be read: check out all of it (fetch-depth: 0), or name the plan to apply where the branch was rewritten (reviewed)"
		fi
		for after in $commits; do
			if [ -z "$interrupted" ]; then merge "$after"; fi
		done
	fi
}

max_age=${DS_MAX_AGE:-168h} request_applied="" seen=""
inertly everything
{
	printf '### domainsync apply\n\n**%s.**\n\n' "$(code_means "$worst")"
	if [ -s "$DS_OUT/apply.log" ]; then as_code "$DS_OUT/apply.log"; fi
} >"$DS_OUT/apply.md"
echo "$worst" >"$DS_OUT/apply.code"
output code "$worst"
if [ -n "$request_applied" ]; then echo "$request_applied" >"$DS_OUT/apply.request"; fi
artifacts apply.md apply.log report.json
summary "$DS_OUT/apply.md"
exit "$worst"
