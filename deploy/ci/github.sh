# shellcheck shell=bash
# What is GitHub's: its events, its runner, and where its API has comments and issues.
# shellcheck disable=SC2034,SC2154 # api.sh uses what is set here, and sets what is used
api_root=${GITHUB_API_URL:-https://api.github.com}/repos/${GITHUB_REPOSITORY:-}
api_update=PATCH
open_issues="issues?state=open"
issue_number=number
issue_text=body
issue_comments=comments
issue_closed='{"state":"closed","state_reason":"completed"}'

api_headers() {
	printf 'header = "Authorization: Bearer %s"\nheader = "Accept: application/vnd.github+json"\nheader = "X-GitHub-Api-Version: 2022-11-28"\n' "$DS_TOKEN"
}

# api_author: the job's own token writes as this user, and no person can be it.
api_author() { jq -n --arg name "${DS_AUTHOR:-github-actions[bot]}" '$name'; }

comments() { echo "issues/$1/comments"; }
comment() { echo "issues/comments/$2"; }

# event MEMBER prints a member of the event that started the job; nothing where it has none.
event() { jq -r "$1 // empty" "${GITHUB_EVENT_PATH:-/dev/null}"; }

# request prints the number of the pull request that the job is about.
request() { event .pull_request.number; }

is_fork() {
	[ -n "$(request)" ] && [ "$(event .pull_request.head.repo.full_name)" != "$GITHUB_REPOSITORY" ]
}

# merged COMMIT prints number and head of the request that was merged into this branch
# with that commit, and the last commit that it became: a rebase makes several.
merged() {
	call GET "commits/$1/pulls" "the requests of $1 cannot be read"
	jq -r --arg commit "$1" --arg branch "$GITHUB_REF_NAME" \
		'[.[] | select(.merged_at != null and .base.ref == $branch)] | first((.[] | select(.merge_commit_sha == $commit)), .[]) | "\(.number) \(.head.sha) \(.merge_commit_sha)"' "$answer"
}

repository() { echo "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"; }

# pushed_after prints the commit that the branch had before the push; nothing where the
# job has another cause.
pushed_after() { event .before; }

run_url() { echo "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"; }

# output NAME VALUE hands a value, of several lines too, on to later steps.
output() {
	local end
	end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >>"$GITHUB_OUTPUT"
}

# on_path has later steps find the program and these scripts.
on_path() {
	echo "$DS_OUT/bin" >>"$GITHUB_PATH"
	printf 'DS_CI=%s\nDS_OUT=%s\n' "${here:?}" "$DS_OUT" >>"$GITHUB_ENV"
}

# summary FILE shows a page of Markdown beside the run.
summary() { cat "$1" >>"$GITHUB_STEP_SUMMARY"; }

# inertly COMMAND… runs what prints texts from outside, which the runner is to show and
# not to obey. The program escapes what would be a command to it; this holds without that.
inertly() {
	local word ended=0
	word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	echo "::stop-commands::$word"
	"$@" || ended=$?
	echo "::$word::"
	return "$ended"
}

# fetch_snapshot ARTIFACT FILE takes an artifact of the default branch alone: a request,
# from a fork too, can make artifacts of any name.
fetch_snapshot() {
	local id branch
	need unzip
	branch=$(event .repository.default_branch)
	call GET "actions/artifacts?name=$(jq -rn --arg name "$1" '$name | @uri')&per_page=100" "the artifacts cannot be listed"
	id=$(jq -r --arg branch "$branch" \
		'first(.artifacts[] | select(.expired == false and .workflow_run.head_branch == $branch and .workflow_run.head_repository_id == .workflow_run.repository_id) | .id) // empty' "$answer")
	[ -n "$id" ] || fail "the branch $branch has no artifact $1 that is kept yet: run the drift workflow, which makes it"
	call GET "actions/artifacts/$id/zip" "the artifact $1 cannot be read"
	unzip -p "$answer" snapshot.json >"$2" || fail "the artifact $1 holds no snapshot.json"
}

# validate: the program writes the runner's commands that show a mistake at its line.
validate() { domainsync validate --dir "$DS_DIRECTORY" --format github; }

id_token() {
	[ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || return 0
	printf 'header = "Authorization: bearer %s"\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
		curl --config - -fsS --connect-timeout 20 --max-time 120 --retry 3 --get --data-urlencode "audience=${DS_AUDIENCE:-sts.aliyuncs.com}" "$ACTIONS_ID_TOKEN_REQUEST_URL" |
		jq -j '.value // empty'
}
