# shellcheck shell=bash disable=SC2154
# Comments and issues, by the API of the host. github.sh and gitlab.sh say where they are:
#   api_root, api_update   where paths begin, and the method that changes something
#   api_headers            the headers of each call, as lines for curl
#   api_author             who writes with this token, as jq compares it
#   comments, issues       paths; texts of issues lie in the member issue_text, their
#                          numbers in issue_number

# call METHOD PATH PURPOSE [FILE with the body as JSON] leaves the answer in $answer. The
# token is on no command line. What changes something is sent once.
answer=$DS_OUT/answer.json
call() {
	local sent=(-X "$1")
	[ -n "${DS_TOKEN:-}" ] || fail "$3: there is no token; set token (DS_TOKEN)"
	if [ $# -gt 3 ]; then sent+=(--data-binary "@$4" -H "Content-Type: application/json"); fi
	if [ "$1" = GET ]; then sent+=(--retry 3); fi
	api_headers | curl --config - -sSL --connect-timeout 20 --max-time 120 --fail-with-body -o "$answer" "${sent[@]}" "$api_root/$2" ||
		fail "$3: the host of the repository says $(head -c 300 "$answer" 2>/dev/null | tr '\r\n' '  '); the job or its token may lack a permission"
}

# find_own LIST NUMBER TEXT MARK prints the member NUMBER of the first entry of a list
# that this token's own user wrote and whose member TEXT begins with a mark. Whoever else
# writes the mark is not believed.
find_own() {
	local page=1 size=100 author found
	author=$(api_author) || fail "who writes with this token cannot be read"
	while [ "$page" -le 100 ]; do
		call GET "$1per_page=$size&page=$page" "what was written before cannot be read"
		found=$(jq -r --argjson author "$author" --arg number "$2" --arg text "$3" --arg mark "$4" \
			'first(.[] | select(((.user.login // .author.id) == $author) and ((.[$text] // "") | startswith($mark))) | .[$number]) // empty' "$answer")
		if [ -n "$found" ]; then
			echo "$found"
			return
		fi
		[ "$(jq length "$answer")" -ge "$size" ] || return 0
		page=$((page + 1))
	done
	fail "there are more than 10,000 entries: the one with $4 was not found among them"
}

# put_comment REQUEST MARK FILE writes a text under a request once, and later over itself.
# The file begins with the mark.
put_comment() {
	local id list entry=$DS_OUT/entry.json
	list=$(comments "$1")
	id=$(find_own "$list?" id body "$2")
	jq -Rs '{body: .}' "$3" >"$entry"
	if [ -n "$id" ]; then
		call "$api_update" "$(comment "$1" "$id")" "the comment $id cannot be updated" "$entry"
	else
		call POST "$list" "the comment cannot be written" "$entry"
	fi
}

# find_issue MARK prints the number of the open issue that begins with it.
find_issue() { find_own "$open_issues&" "$issue_number" "$issue_text" "$1"; }

# put_issue NUMBER TITLE FILE opens an issue where no number is given, else updates it.
put_issue() {
	local entry=$DS_OUT/entry.json
	jq -Rs --arg title "$2" --arg text "$issue_text" '{title: $title, ($text): .}' "$3" >"$entry"
	if [ -n "$1" ]; then
		call "$api_update" "issues/$1" "the issue $1 cannot be updated" "$entry"
	else
		call POST issues "the issue cannot be opened" "$entry"
	fi
}

# close_issue NUMBER FILE closes an issue with a last word.
close_issue() {
	local entry=$DS_OUT/entry.json
	jq -Rs '{body: .}' "$2" >"$entry"
	call POST "issues/$1/$issue_comments" "the issue $1 cannot be commented on" "$entry"
	echo "$issue_closed" >"$entry"
	call "$api_update" "issues/$1" "the issue $1 cannot be closed" "$entry"
}
