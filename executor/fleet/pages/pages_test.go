package pages_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/html"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/pages"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
)

// ask asks for a page.
func ask(t testing.TB, h http.Handler, method, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// look returns the root of a page that is there.
func look(t testing.TB, h http.Handler, path string) *html.Node {
	t.Helper()
	w := ask(t, h, http.MethodGet, path, nil)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d: %s", path, w.Code, w.Body)
	}
	root, err := html.Parse(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// textIn returns the text below a node, words apart.
func textIn(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// all returns the elements of a kind.
func all(n *html.Node, kind string) (found []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == kind {
			found = append(found, d)
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// rowsIn returns what the first cells of a page's first table say.
func rowsIn(root *html.Node) (names []string) {
	for _, table := range all(root, "tbody")[:min(1, len(all(root, "tbody")))] {
		for _, row := range all(table, "tr") {
			names = append(names, textIn(all(row, "th")[0]))
		}
	}
	return names
}

// TestAccountsAreSortedAndFound: what needs somebody comes first, and each number leads
// to what it counts.
func TestAccountsAreSortedAndFound(t *testing.T) {
	t.Parallel()
	h := guarded(t, pages.Options{Table: someJobs(t), Clock: standing()}, fleet.Viewer)
	for query, want := range map[string]string{
		"":                              "labs corp defence events media new brands",
		"?sort=name":                    "brands corp defence events labs media new",
		"?sort=name&dir=desc":           "new media labs events defence corp brands",
		"?sort=endangered":              "corp brands defence events labs media new",
		"?sort=next&dir=desc":           "new media labs events defence corp brands",
		"?sort=nothing":                 "labs corp defence events media new brands",
		"?only=attention":               "labs corp",
		"?only=endangered":              "corp",
		"?only=paused":                  "events",
		"?only=running":                 "media",
		"?q=MED":                        "media",
		"?q=1002":                       "corp", // the number of the account
		"?q=e&only=paused":              "events",
		"?q=" + url.QueryEscape("<b>x"): "",
	} {
		if got := strings.Join(rowsIn(look(t, h, "/"+query)), " "); got != want {
			t.Errorf("%q shows %q, want %q", query, got, want)
		}
	}
	root := look(t, h, "/")
	for _, item := range all(all(root, "ul")[0], "li") {
		link := all(item, "a")[0]
		n := textIn(all(link, "b")[0])
		if got := len(rowsIn(look(t, h, "/"+attribute(link, "href")))); fmt.Sprint(got) != n {
			t.Errorf("%q leads to %d accounts", textIn(link), got)
		}
	}
	if title := textIn(all(root, "h1")[0]); title != "2 of 7 accounts need somebody" {
		t.Errorf("the headline is %q", title)
	}
}

// TestPagesOfAllCanBeNarrowed: among a thousand accounts somebody finds those of one
// customer on each page, by a part of a name or by the number, and without a script.
func TestPagesOfAllCanBeNarrowed(t *testing.T) {
	t.Parallel()
	h := guarded(t, pages.Options{Table: someJobs(t), Clock: standing()}, fleet.Viewer)
	for path, want := range map[string]string{
		"/endangered?q=CORP": "corp", "/endangered?q=1002": "corp", "/endangered?q=labs": "", "/endangered?q=none": "",
		"/cost?q=CORP": "corp", "/cost?q=1001": "brands", "/cost?q=none": "", "/expiry?q=def": "defence", "/expiry?q=none": "",
	} {
		root := look(t, h, path)
		got := ""
		if tables := all(root, "table"); len(tables) > 0 {
			for _, row := range rowsOf(root, len(tables)-1) {
				got += row[0]
			}
		}
		if got != want {
			t.Errorf("%s shows %q, want %q", path, got, want)
		}
		form := all(root, "form")[1] // behind that to sign out
		if attribute(form, "method") != "get" || attribute(all(form, "input")[0], "value") != strings.SplitAfter(path, "=")[1] {
			t.Errorf("%s does not show what is searched for", path)
		}
	}
	if title := textIn(all(look(t, h, "/endangered?q=labs"), "h1")[0]); !strings.Contains(title, `of accounts with "labs"`) {
		t.Errorf("the headline is %q", title)
	}
	for path, want := range map[string]string{
		"/runs?job=EV&only=failed": "/runs?job=events&only=failed", "/log?job=even&by=ada": "/log?by=ada&job=events",
		"/runs?job=events": "", "/log": "", "/runs?job=none": "",
	} {
		root := look(t, h, path)
		got := ""
		for _, a := range all(root, "a") {
			if to := attribute(a, "href"); strings.HasPrefix(to, "?") && textIn(a) == "events" {
				before, _, _ := strings.Cut(path, "?")
				got = before + to
			}
		}
		if got != want {
			t.Errorf("%s leads to %q, want %q", path, got, want)
		}
	}
	if kept := all(look(t, h, "/?sort=name&dir=desc"), "input"); len(kept) != 3 {
		t.Errorf("a search forgets how the list is sorted: %d fields", len(kept))
	}
}

// TestListsArePaged: each account is on one page, and links lead through all pages.
// TestDifferingFilesAreTold on the page of all accounts.
func TestDifferingFilesAreTold(t *testing.T) {
	t.Parallel()
	table := someJobs(t)
	h := guarded(t, pages.Options{Table: table, Clock: standing()}, fleet.Viewer)
	if text := ask(t, h, "GET", "/", nil).Body.String(); strings.Contains(text, "different files") {
		t.Error("it tells of files that do not differ")
	}
	table.attendance = fleet.Attendance{Now: now, Processes: []fleet.Process{
		{ID: "1", Name: "ada@<b>one</b>", File: "aaaaaaaaaa", Since: now.Add(-time.Hour), Seen: now},
		{ID: "2", Name: "zoe@two", File: "bbbbbbbbbb", Since: now.Add(-time.Hour), Seen: now},
	}}
	h = guarded(t, pages.Options{Table: table, Clock: standing()}, fleet.Viewer)
	if text := ask(t, h, "GET", "/", nil).Body.String(); !strings.Contains(text, "processes serve different files of the fleet") || strings.Contains(text, "<b>one") {
		t.Error("it does not tell of files that differ, or not inertly")
	}
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	f := new(fakeTable)
	var want []string
	for i := range 250 {
		name := fmt.Sprintf("job%03d", i)
		f.jobs, want = append(f.jobs, fleet.Entry{Name: name}), append(want, name)
	}
	h := guarded(t, pages.Options{Table: f, Clock: standing()}, fleet.Viewer)
	var got []string
	seen := 0
	for at := "/?sort=name&q=job"; at != ""; seen++ {
		root := look(t, h, at)
		got = append(got, rowsIn(root)...)
		at = ""
		for _, a := range all(root, "a") {
			if textIn(a) == "Next page" {
				at = "/" + attribute(a, "href")
			}
		}
	}
	if seen != 3 || !slices.Equal(got, want) {
		t.Errorf("%d pages have %d accounts: %v", seen, len(got), got)
	}
	for _, page := range []string{"0", "-1", "99999999999999999999", "x"} {
		if rows := rowsIn(look(t, h, "/?page="+page)); len(rows) == 0 {
			t.Errorf("page %s is empty", page)
		}
	}
}

// TestRolesDecideWhatIsOffered: nobody is offered what they may not do, and the routes
// say who may.
func TestRolesDecideWhatIsOffered(t *testing.T) {
	t.Parallel()
	for role, want := range map[fleet.Role]string{fleet.Viewer: "Sign out", fleet.Approver: "Sign out Run now", fleet.Admin: "Sign out Run now Pause"} {
		h := guarded(t, pages.Options{Table: someJobs(t), Clock: standing()}, role)
		var got []string
		for _, b := range all(look(t, h, "/jobs/corp"), "button") {
			got = append(got, textIn(b))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("a %s is offered %q, want %q", role, got, want)
		}
		for path, least := range map[string]fleet.Role{"/jobs/corp/run": fleet.Approver, "/jobs/corp/pause": fleet.Admin, "/jobs/events/resume": fleet.Admin} {
			if got := ask(t, h, http.MethodPost, path, nil).Code == http.StatusSeeOther; got != role.Permits(least) {
				t.Errorf("that a %s sends %s is taken: %v", role, path, got)
			}
		}
	}
}

// TestReasonsAreForThoseWhoDecide: whoever only looks reads on no page, and in no file, why
// somebody has done something, nor from where people sign in.
func TestReasonsAreForThoseWhoDecide(t *testing.T) {
	t.Parallel()
	f := someJobs(t)
	f.acts = slices.Insert(f.acts, 0, fleet.Act{ID: 4, At: now, By: "ada", Deed: fleet.DeedSignIn, Detail: "from 192.0.2.7"})
	for role, want := range map[fleet.Role][2]bool{fleet.Viewer: {}, fleet.Approver: {true, false}, fleet.Admin: {true, true}} {
		h := guarded(t, pages.Options{Table: f, Clock: standing()}, role)
		for path, tells := range map[string][2]bool{"/jobs/events": {want[0], false}, "/log": want, "/log/acts.csv": want, "/log/acts.json": want} {
			text := ask(t, h, http.MethodGet, path, nil).Body.String()
			if got := [2]bool{strings.Contains(text, "moves to another account"), strings.Contains(text, "192.0.2.7")}; got != tells || !strings.Contains(text, "ada") {
				t.Errorf("%s tells a %s the reason and the address: %v, want %v", path, role, got, tells)
			}
		}
	}
}

// TestFormsAreActs: what a form does stands in the table with who sent it, and the page
// that follows says so.
func TestFormsAreActs(t *testing.T) {
	t.Parallel()
	f := someJobs(t)
	h := guarded(t, pages.Options{Table: f, Clock: standing()}, fleet.Admin)
	w := ask(t, h, http.MethodPost, "/jobs/corp/pause", url.Values{"reason": {strings.Repeat("ü", 600)}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/jobs/corp?done=pause" {
		t.Fatalf("status %d to %q", w.Code, w.Header().Get("Location"))
	}
	if a := f.acts[0]; a.By != "ada" || a.Deed != fleet.DeedPause || a.Job != "corp" || a.Detail != strings.Repeat("ü", 500) {
		t.Errorf("the act is %+v", a)
	}
	if text := textIn(look(t, h, "/jobs/corp?done=pause")); !strings.Contains(text, "The job is paused") || !strings.Contains(text, "Resume") {
		t.Errorf("after it the page says %q", text)
	}
	if text := textIn(look(t, h, "/jobs/corp?done=%3Cb%3E")); strings.Contains(text, "<b>") {
		t.Error("a page says what its address does")
	}
	if w := ask(t, h, http.MethodPost, "/jobs/none/run", nil); w.Code != http.StatusNotFound {
		t.Errorf("a job that there is not: status %d", w.Code)
	}
}

// TestBudgetsAreTold: what each account may spend, has spent and has left.
func TestBudgetsAreTold(t *testing.T) {
	t.Parallel()
	h := guarded(t, pages.Options{Table: someJobs(t), Clock: standing()}, fleet.Viewer)
	root := look(t, h, "/cost")
	if rows := rowsIn(root); len(rows) != 6 || !strings.Contains(textIn(root), "1000.00 USD month 700.50 299.50") {
		t.Errorf("%d budgets: %s", len(rows), textIn(root))
	}
	if text := textIn(look(t, guarded(t, pages.Options{Table: new(fakeTable), Clock: standing()}, fleet.Viewer), "/cost")); !strings.Contains(text, "No account has a budget") {
		t.Errorf("without any: %s", text)
	}
}

// TestRunsAreStopped: a run at work is, by who may, and one that has ended is not.
func TestRunsAreStopped(t *testing.T) {
	t.Parallel()
	f := someJobs(t)
	h := guarded(t, pages.Options{Table: f, Clock: standing()}, fleet.Approver)
	if text := textIn(look(t, h, "/runs/100")); !strings.Contains(text, "Stop this run") {
		t.Errorf("the page says %s", text)
	}
	if w := ask(t, h, http.MethodPost, "/runs/100/stop", nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/runs/100?done=stop" {
		t.Errorf("status %d to %q", w.Code, w.Header().Get("Location"))
	}
	if a := f.acts[0]; a.Deed != fleet.DeedCancel || a.Run != 100 || a.Job != "media" || a.By != "paul" {
		t.Errorf("the act is %+v", a)
	}
	if text := textIn(look(t, h, "/runs/100?done=stop")); !strings.Contains(text, "asked to end in order") {
		t.Errorf("after it the page says %s", text)
	}
	for path, want := range map[string]int{"/runs/1/stop": http.StatusConflict, "/runs/12345/stop": http.StatusNotFound} {
		if w := ask(t, h, http.MethodPost, path, nil); w.Code != want {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	viewer := guarded(t, pages.Options{Table: f, Clock: standing()}, fleet.Viewer)
	if w := ask(t, viewer, http.MethodPost, "/runs/100/stop", nil); w.Code != http.StatusForbidden || strings.Contains(textIn(look(t, viewer, "/runs/100")), "Stop this run") {
		t.Errorf("a viewer stops a run: status %d", w.Code)
	}
}

// TestWhatOthersWroteIsInert: names, reasons, messages and commits show as text on every
// page, and drive nothing.
func TestWhatOthersWroteIsInert(t *testing.T) {
	t.Parallel()
	plain := textOfPages(t, "quiet")
	for _, text := range append(inerttest.Hostile(), `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `javascript:alert(1)`, `</title>`) {
		hostile := textOfPages(t, text)
		for path, root := range hostile {
			if got, want := skeleton(root), skeleton(plain[path]); got != want {
				t.Errorf("%q makes other elements on %s:\n%s\nwant\n%s", text, path, got, want)
			}
			for _, r := range textIn(root) {
				if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
					t.Errorf("%q leaves %U on %s", text, r, path)
				}
			}
		}
	}
}

// skeleton is a page without its texts.
func skeleton(root *html.Node) string {
	var b strings.Builder
	for d := range root.Descendants() {
		if d.Type != html.ElementNode {
			continue
		}
		b.WriteString("<" + d.Data)
		for _, a := range d.Attr {
			b.WriteString(" " + a.Key)
		}
		b.WriteString(">")
	}
	return b.String()
}

// textOfPages returns pages on which one text stands wherever others can write one.
func textOfPages(t *testing.T, text string) map[string]*html.Node {
	t.Helper()
	form := strings.NewReplacer("X", strings.ToValidUTF8(jsonText(text), "?"))
	f := &fakeTable{lines: make(map[int64][]fleet.Line)}
	o := fleet.Outcome{ExitCode: 1, Reason: text, Message: text, Commit: text, Changed: true}
	r := fleet.Run{ID: 1, Job: text, By: text, Holder: text, Due: now, Began: now, Ended: now, Outcome: o}
	f.runs = []fleet.Run{r}
	r.Job = "corp"
	f.runs = append(f.runs, fleet.Run{ID: 2, Job: "corp", By: text, Holder: text, Due: now, Began: now, Ended: now, Outcome: o})
	f.acts = []fleet.Act{{ID: 1, At: now, By: text, Deed: fleet.Deed(text), Job: text, Run: 1, Detail: text}}
	f.jobs = []fleet.Entry{{
		Name: "corp", Schedule: text, Last: &r, Asked: &fleet.Act{By: text, At: now}, Paused: &fleet.Act{By: text, Detail: text, At: now},
		Metrics: textOf(t, text, job.Condition{ID: "drift", Domain: text, Attribute: text, Severity: job.Ticket},
			job.Condition{ID: "endangered", Domain: text, Severity: job.Page, Deadline: now}),
	}}
	for _, l := range []string{
		`{"type":"began","operation":X,"version":X}`, `{"type":"state_lost","reason":X}`, `{"type":"settled","counts":{X:1},"trouble":[X]}`,
		`{"type":"change","domain":X,"attribute":X,"action":X,"status":X,"hazard":X}`, `{"type":"planned","counts":{X:2}}`, `{"type":"approved","by":X}`,
		`{"type":"refused","reason":X}`, `{"type":"submitted","operation":X,"names":[X],"task":X}`,
		`{"type":"result","attribute":X,"result":X,"names":[X],"code":X,"message":X}`, `{"type":X}`,
		`{"type":"progress","waiting":X,"counts":{"steps":2}}`,
		`{"type":"ended","exit_code":4,"last_line":X,"conditions":[{"id":X,"domain":X,"attribute":X,"severity":X,"reason":X}]}`,
	} {
		f.add(2, form.Replace(l))
	}
	h := guarded(t, pages.Options{Table: f, Clock: standing()}, fleet.Admin)
	found := make(map[string]*html.Node)
	for _, path := range []string{"/", "/jobs/corp", "/runs/1", "/runs/2", "/runs", "/endangered", "/log", "/cost", "/expiry"} {
		found[path] = look(t, h, path)
	}
	return found
}

// jsonText is a text as JSON has it, whatever it holds.
func jsonText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		if r < 0x20 || r == '"' || r == '\\' || r == 0x7f {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}

// TestHistoryAndLogArePaged: each run and each act is on one page, and filters hold on
// all of them.
func TestHistoryAndLogArePaged(t *testing.T) {
	t.Parallel()
	f := new(fakeTable)
	for id := int64(1); id <= 250; id++ {
		r := fleet.Run{ID: id, Job: "corp", Began: now, Ended: now, Outcome: fleet.Outcome{ExitCode: int(id % 2)}}
		f.runs = slices.Insert(f.runs, 0, r)
		f.acts = slices.Insert(f.acts, 0, fleet.Act{ID: id, At: now, By: []string{"ada", "bob"}[id%2], Deed: fleet.DeedAsk, Job: "corp", Detail: "=1+1"})
	}
	h := guarded(t, pages.Options{Table: f, Clock: standing()}, fleet.Approver)
	for path, want := range map[string]int{"/runs": 250, "/runs?only=failed": 125, "/runs?job=none": 0, "/log": 250, "/log?by=ada": 125, "/log?deed=pause": 0} {
		n := 0
		at := path
		for steps := 0; at != "" && steps < 5; steps++ {
			root := look(t, h, at)
			n += len(rowsIn(root))
			at = ""
			for _, a := range all(root, "a") {
				if textIn(a) == "Older ones" {
					at, _, _ = strings.Cut(path, "?")
					at += attribute(a, "href")
				}
			}
		}
		if n != want {
			t.Errorf("%s has %d rows, want %d", path, n, want)
		}
	}
	if w := ask(t, h, http.MethodGet, "/log/acts.csv?by=ada", nil); strings.Count(w.Body.String(), "\n") != 126 || !strings.Contains(w.Body.String(), ",'=1+1\n") {
		t.Errorf("the CSV is %.300s", w.Body)
	}
	var acts []struct{ By string }
	if err := json.Unmarshal(ask(t, h, http.MethodGet, "/log/acts.json", nil).Body.Bytes(), &acts); err != nil || len(acts) != 250 {
		t.Errorf("the JSON has %d acts, %v", len(acts), err)
	}
	if w := ask(t, h, http.MethodGet, "/log/acts.exe", nil); w.Code != http.StatusNotFound {
		t.Errorf("another file: status %d", w.Code)
	}
}

// TestProgressIsStreamed: a page gets what happens while it does, goes on where it was
// left, and ends with the run.
func TestProgressIsStreamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := someJobs(t)
		h := guarded(t, pages.Options{Table: f}, fleet.Viewer)
		events := follow(t, h, "/runs/100/events?after=5", "")
		if got := events.next(); !strings.HasPrefix(got, "retry: ") {
			t.Errorf("first comes %q", got)
		}
		if got := events.next(); !strings.Contains(got, "id: 6\nevent: step") || !strings.Contains(got, "SaveBatchTaskForModifyingDomainDns") {
			t.Errorf("behind line 5 comes %q", got)
		}
		if got := events.next(); !strings.Contains(got, "id: 7\nevent: far") || !strings.Contains(got, `"done":1,"all":4`) {
			t.Errorf("then %q", got)
		}
		began := time.Now()
		if got := events.next(); !strings.HasPrefix(got, ":") || time.Since(began) < 10*time.Second {
			t.Errorf("after %s without news comes %q", time.Since(began), got)
		}
		f.add(100, `{"type":"executed","counts":{"verified":1},"seconds":3}`)
		f.end(100, fleet.Outcome{})
		if got := events.next(); !strings.Contains(got, "1 verified") {
			t.Errorf("what is new is %q", got)
		}
		if got := events.next(); !strings.HasPrefix(got, "event: end") {
			t.Errorf("the end is %q", got)
		}
		if got := events.next(); got != "" {
			t.Errorf("behind the end comes %q", got)
		}
		again := follow(t, h, "/runs/100/events?after=0", "7")
		again.next()
		if got := again.next(); !strings.Contains(got, "id: 8\n") {
			t.Errorf("a browser that has seen line 7 gets %q", got)
		}
		again.rest()
	})
}

// TestStreamsAreBounded: so many at a time, each for so long, and none beyond the process.
func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stopping := make(chan struct{})
		h := guarded(t, pages.Options{Table: someJobs(t), Streams: 1, Stopping: stopping}, fleet.Viewer)
		first := follow(t, h, "/runs/100/events", "")
		first.next()
		if w := ask(t, h, http.MethodGet, "/runs/100/events", nil); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("one too many: status %d", w.Code)
		}
		began := time.Now()
		first.rest()
		if lasted := time.Since(began); lasted < time.Minute || lasted > 5*time.Minute {
			t.Errorf("a stream lasts %s", lasted)
		}
		second := follow(t, h, "/runs/100/events", "")
		second.next()
		began = time.Now()
		close(stopping)
		second.rest()
		if lasted := time.Since(began); lasted > time.Second {
			t.Errorf("a stream goes on for %s when the process ends", lasted)
		}
		if w := ask(t, h, http.MethodGet, "/runs/12345/events", nil); w.Code != http.StatusNotFound {
			t.Errorf("the progress of no run: status %d", w.Code)
		}
	})
}

// followed is a stream that a test reads.
type followed struct {
	t    *testing.T
	from *bufio.Reader
	done <-chan struct{}
}

// follow asks for a stream.
func follow(t *testing.T, h http.Handler, path, last string) *followed {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	from, to := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(&pipeWriter{head: make(http.Header), to: to}, r)
		to.Close() //nolint:errcheck // a pipe closes
	}()
	return &followed{t, bufio.NewReader(from), done}
}

// next returns the next event; "": there is none.
func (f *followed) next() string {
	var b strings.Builder
	for {
		line, err := f.from.ReadString('\n')
		if err != nil || line == "\n" {
			return b.String()
		}
		b.WriteString(line)
	}
}

// rest reads until the end.
func (f *followed) rest() {
	for f.next() != "" {
	}
	<-f.done
}

// pipeWriter is a browser that takes what it gets at once.
type pipeWriter struct {
	head http.Header
	to   *io.PipeWriter
}

func (w *pipeWriter) Header() http.Header         { return w.head }
func (w *pipeWriter) WriteHeader(int)             {}
func (w *pipeWriter) Write(p []byte) (int, error) { return w.to.Write(p) }
func (w *pipeWriter) FlushError() error           { return nil }

// TestNothingIsEndangeredWhereThatIsKnown: a page is no good news of accounts that no run
// has looked at.
func TestNothingIsEndangeredWhereThatIsKnown(t *testing.T) {
	t.Parallel()
	run := func(o fleet.Outcome) *fleet.Run { return &fleet.Run{ID: 1, Began: now, Ended: now, Outcome: o} }
	seen := fleet.Entry{Name: "seen", Last: run(fleet.Outcome{}), Metrics: textOf(t, "1")}
	failed := fleet.Entry{
		Name: "failed", Last: run(fleet.Outcome{ExitCode: 1, Reason: "error", Message: "the files have 1 error"}),
		Metrics: textOf(t, "2", job.Condition{ID: "expiries_unknown", Severity: job.Notice}),
	}
	for name, test := range map[string]struct {
		jobs           []fleet.Entry
		headline, text string
	}{
		"all are known": {[]fleet.Entry{seen}, "No name is endangered", "No account has anything to see to."},
		"one failed":    {[]fleet.Entry{failed, seen}, "No name is known to be endangered, but of 1 account nobody knows", "It is not known which names expire of failed :"},
		"many are new":  {slices.Repeat([]fleet.Entry{{Name: "new"}}, 23), "No name is known to be endangered, but of 23 accounts nobody knows", "new and 3 more:"},
		"one is new":    {[]fleet.Entry{{Name: "new"}, seen}, "No name is known to be endangered, but of 1 account nobody knows", "which names expire of new :"},
	} {
		root := look(t, guarded(t, pages.Options{Table: &fakeTable{jobs: test.jobs}, Clock: standing()}, fleet.Viewer), "/endangered")
		if got := textIn(all(root, "h1")[0]); got != test.headline || !strings.Contains(textIn(root), test.text) {
			t.Errorf("%s: %q, and %s", name, got, textIn(root))
		}
	}
}

// TestAnAccountSaysWhyItFailed, without a look at its run.
func TestAnAccountSaysWhyItFailed(t *testing.T) {
	t.Parallel()
	h := guarded(t, pages.Options{Table: someJobs(t), Clock: standing()}, fleet.Viewer)
	if text := textIn(look(t, h, "/jobs/labs")); !strings.Contains(text, "The last run : the service refuses the key") {
		t.Errorf("it says %s", text)
	}
	if text := textIn(look(t, h, "/jobs/brands")); strings.Contains(text, "The last run") {
		t.Errorf("an account that did not fail says %s", text)
	}
}

// TestMissingLinesAreTold among the lines of a run, and of the run.
func TestMissingLinesAreTold(t *testing.T) {
	t.Parallel()
	f := &fakeTable{
		jobs:  []fleet.Entry{{Name: "corp"}},
		runs:  []fleet.Run{{ID: 1, Job: "corp", Began: now, Ended: now, Outcome: fleet.Outcome{LinesMissing: 12}}},
		lines: map[int64][]fleet.Line{1: {{Number: 1, Data: []byte(`{"type":"missing","lines":11}`)}}},
	}
	text := textIn(look(t, guarded(t, pages.Options{Table: f, Clock: standing()}, fleet.Viewer), "/runs/1"))
	for _, want := range []string{"11 lines are missing here", "12 lines are missing here"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q: %s", want, text)
		}
	}
}
