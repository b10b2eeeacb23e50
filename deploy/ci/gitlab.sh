# shellcheck shell=bash
# What is GitLab's: its variables, and where its API has notes and issues. The token of a
# job may write neither: DS_TOKEN is a project access token with the scope api.
# shellcheck disable=SC2034,SC2154 # api.sh uses what is set here, and sets what is used
api_root=${CI_API_V4_URL:-}/projects/${CI_PROJECT_ID:-}
api_update=PUT
open_issues="issues?state=opened"
issue_number=iid
issue_text=description
issue_comments=notes
issue_closed='{"state_event":"close"}'

# api_headers: this one curl sends to no other host, where an answer leads to one.
api_headers() { printf 'header = "Authorization: Bearer %s"\n' "$DS_TOKEN"; }

# api_author prints the number of the user that the token belongs to.
api_author() { api_headers | curl --config - -fsS --connect-timeout 20 --max-time 120 --retry 3 "$CI_API_V4_URL/user" | jq -e .id; }

comments() { echo "merge_requests/$1/notes"; }
comment() { echo "merge_requests/$1/notes/$2"; }

request() { echo "${CI_MERGE_REQUEST_IID:-}"; }

is_fork() {
	[ -n "$(request)" ] && [ "${CI_MERGE_REQUEST_SOURCE_PROJECT_ID:-}" != "${CI_MERGE_REQUEST_PROJECT_ID:-}" ]
}

# merged COMMIT prints number and head of the request that was merged into this branch
# with that commit, and the last commit that it became by a merge, a squash or a
# fast-forward, which may bring several.
merged() {
	call GET "repository/commits/$1/merge_requests" "the requests of $1 cannot be read"
	jq -r --arg commit "$1" --arg branch "$CI_COMMIT_REF_NAME" \
		'[.[] | select(.state == "merged" and .target_branch == $branch) | .became = (.merge_commit_sha // .squash_commit_sha // .sha)] | first((.[] | select(.became == $commit)), .[]) | "\(.iid) \(.sha) \(.became)"' "$answer"
}

repository() { echo "$CI_PROJECT_URL"; }

# pushed_after prints the commit that the branch had before the push.
pushed_after() { echo "${CI_COMMIT_BEFORE_SHA:-}"; }

run_url() { echo "$CI_JOB_URL"; }

# Steps of a job share their environment, and the artifacts hold the page.
output() { :; }
on_path() { :; }
summary() { :; }
inertly() { "$@"; }

# fetch_snapshot JOB FILE takes the file of the last such job of the target project's
# default branch, which everybody may read where its pipelines are public.
fetch_snapshot() {
	curl -fsSL --connect-timeout 20 --max-time 600 --retry 3 -o "$2" "$CI_API_V4_URL/projects/$CI_MERGE_REQUEST_PROJECT_ID/jobs/artifacts/$CI_DEFAULT_BRANCH/raw/domainsync/snapshot.json?job=$1" ||
		fail "the project has no snapshot that a fork may read: the job $1 makes it, and the project's pipelines must be public"
}

# validate: GitLab shows the mistakes of a report at their lines.
validate() {
	local code=0
	domainsync validate --dir "$DS_DIRECTORY" --format json >"$DS_OUT/validate.json" || code=$?
	jq --arg directory "$DS_DIRECTORY" '[.diagnostics[] | {description: ([.summary, .detail] | map(select(. != null and . != "")) | join(": ")), check_name: "domainsync", severity: (if .severity == "error" then "major" else "minor" end), fingerprint: ([.source.file, .source.line, .summary, .detail] | map(tostring) | join("\n") | @base64), location: {path: (.source.file // $directory), lines: {begin: (.source.line // 1)}}}]' \
		"$DS_OUT/validate.json" >"$DS_OUT/codequality.json"
	jq -r '.[] | "\(.location.path):\(.location.lines.begin): \(.description)"' "$DS_OUT/codequality.json" >&2
	return "$code"
}

id_token() { printf %s "${DS_ID_TOKEN:-}"; }
