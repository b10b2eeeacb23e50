package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/access"
	"github.com/domainsync/domainsync/executor/fleet/api"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/internal/clock"
)

// tokenOf is the token of a person of the tests.
func tokenOf(name string) string { return "dst_" + name }

// served is a server of a table, with a person of each role: each is called as the role.
func served(t *testing.T) (*sqlite.Table, *httptest.Server) {
	t.Helper()
	table, err := sqlite.Create(t.Context(), t.TempDir(), clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() }) //nolint:errcheck // the directory goes with the test
	f := &fleet.File{Pages: fleet.Pages{Session: time.Hour}}
	for _, role := range fleet.Roles() {
		f.People = append(f.People, fleet.Person{Name: string(role), Role: role, Tokens: []fleet.Token{{Hash: fleet.HashOfToken(tokenOf(string(role))), Expires: time.Now().Add(time.Hour)}}})
	}
	log := slog.New(slog.DiscardHandler)
	g, err := access.New(access.Options{File: func() *fleet.File { return f }, Sessions: table, Record: table.Do, Log: log}, api.Routes(table, nil, log))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return table, server
}

// client returns one with the token of a person.
func client(t *testing.T, server *httptest.Server, name string) *api.Client {
	t.Helper()
	c, err := api.NewClient(api.Options{Server: server.URL, Token: tokenOf(name), Transport: server.Client().Transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// filled is a table with a job that runs, one that is paused, and one that ran.
func filled(t *testing.T, table fleet.Table) (run int64) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	daily, err := fleet.ParseSchedule("17 3 * * *", "Asia/Shanghai")
	check(err)
	check(table.Declare(t.Context(), "me", []fleet.Declaration{{Name: "corp", Schedule: daily, Priority: 7, Account: "a"}, {Name: "shop", Account: "b"}, {Name: "lab", Account: "c"}}))
	take := func(job string) *fleet.Turn {
		check(table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: job}))
		turn, _, err := table.Take(t.Context(), fleet.Claim{Holder: "me@machine", Lease: time.Hour, Schedule: func(string) (fleet.Schedule, bool) { return daily, true }})
		check(err)
		return turn
	}
	turn := take("corp")
	check(table.Record(t.Context(), turn, [][]byte{[]byte(`{"type":"began","name":"<b>&é"}`), []byte(`{"type":"ended"}`)}))
	check(table.End(t.Context(), turn, fleet.Outcome{
		ExitCode: 2, Reason: "unapproved", Message: "a.com: x\n\"y\" <b>", Commit: "abc", Changed: true, Recorded: 5, Unfinished: true, Held: true, Plan: "0123", Waiting: 3, LinesMissing: 4, Planned: true,
	}, time.Time{}))
	take("lab")
	check(table.Attend(t.Context(), fleet.Process{ID: "1", Name: "me@machine", Version: "domainsync 1.2.0", File: "abc"}))
	check(table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedPause, Job: "shop", Detail: "maintenance"}))
	check(table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "shop"}))
	return turn.Run
}

// TestClientTellsWhatTheTableHas: what commands print is the same, wherever they look.
func TestClientTellsWhatTheTableHas(t *testing.T) {
	t.Parallel()
	table, server := served(t)
	run := filled(t, table)
	c := client(t, server, "admin")
	ctx := t.Context()
	for name, ask := range map[string]func(api.Table) (any, error){
		"jobs": func(x api.Table) (any, error) {
			all, err := x.Jobs(ctx)
			for i := range all { // numbers that only the table itself knows by
				all[i].Metrics = nil
				if all[i].Turn != nil {
					all[i].Turn.Fence = 0
				}
				for _, a := range []*fleet.Act{all[i].Paused, all[i].Asked} {
					if a != nil {
						a.ID = 0
					}
				}
			}
			return all, err
		},
		"all runs":         func(x api.Table) (any, error) { return x.Runs(ctx, fleet.RunQuery{}) },
		"runs of a job":    func(x api.Table) (any, error) { return x.Runs(ctx, fleet.RunQuery{Job: "corp", Limit: 1}) },
		"one run":          func(x api.Table) (any, error) { return x.Runs(ctx, fleet.RunQuery{ID: run}) },
		"runs that failed": func(x api.Table) (any, error) { return x.Runs(ctx, fleet.RunQuery{Failed: true}) },
		"runs before":      func(x api.Table) (any, error) { return x.Runs(ctx, fleet.RunQuery{Before: 2}) },
		"processes": func(x api.Table) (any, error) {
			a, err := x.Attendance(ctx)
			if a.Now.IsZero() || len(a.Processes) != 1 {
				t.Errorf("processes are %+v", a)
			}
			return a.Processes, err
		},
		"lines":            func(x api.Table) (any, error) { return x.Lines(ctx, run, 0) },
		"lines after":      func(x api.Table) (any, error) { return x.Lines(ctx, run, 1) },
		"acts":             func(x api.Table) (any, error) { return x.Acts(ctx, fleet.ActQuery{}) },
		"acts of a job":    func(x api.Table) (any, error) { return x.Acts(ctx, fleet.ActQuery{Job: "shop", Limit: 1}) },
		"acts of somebody": func(x api.Table) (any, error) { return x.Acts(ctx, fleet.ActQuery{By: "ada", Deed: fleet.DeedAsk}) },
		"acts before":      func(x api.Table) (any, error) { return x.Acts(ctx, fleet.ActQuery{Before: 3}) },
	} {
		want, err := ask(table)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ask(c)
		if err != nil || !reflect.DeepEqual(got, want) || reflect.ValueOf(want).Len() == 0 {
			t.Errorf("%s: the server has\n%+v, %v; the table\n%+v", name, got, err, want)
		}
	}
	// A viewer gets as many, without what persons have typed.
	vera := client(t, server, "viewer")
	jobs, err := vera.Jobs(ctx)
	if err != nil || len(jobs) != 3 || jobs[2].Paused == nil || jobs[2].Paused.By != "ada" || jobs[2].Paused.Detail == "maintenance" {
		t.Errorf("to a viewer the server tells %+v, %v", jobs, err)
	}
	acts, err := vera.Acts(ctx, fleet.ActQuery{Deed: fleet.DeedPause})
	if err != nil || len(acts) != 1 || strings.Contains(acts[0].Detail, "maintenance") {
		t.Errorf("to a viewer the server tells %+v, %v", acts, err)
	}
}

// TestClientActsAsItsPerson, and within the role.
func TestClientActsAsItsPerson(t *testing.T) {
	t.Parallel()
	table, server := served(t)
	filled(t, table)
	for _, test := range []struct {
		who  string
		deed fleet.Deed
		want string
	}{
		{"viewer", fleet.DeedAsk, "takes the role approver"},
		{"approver", fleet.DeedAsk, ""},
		{"admin", fleet.DeedAsk, ""},
		{"viewer", fleet.DeedPause, "takes the role admin"},
		{"approver", fleet.DeedPause, "takes the role admin"},
		{"admin", fleet.DeedPause, ""},
		{"viewer", fleet.DeedResume, "takes the role admin"},
		{"approver", fleet.DeedResume, "takes the role admin"},
		{"admin", fleet.DeedResume, ""},
		{"admin", fleet.DeedServe, "nothing that a server does"},
	} {
		before, err := table.Acts(t.Context(), fleet.ActQuery{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		err = client(t, server, test.who).Do(t.Context(), fleet.Act{By: "somebody else", Deed: test.deed, Job: "corp", Detail: "why"})
		after, looked := table.Acts(t.Context(), fleet.ActQuery{Limit: 1})
		if looked != nil {
			t.Fatal(looked)
		}
		if test.want != "" {
			if err == nil || !strings.Contains(err.Error(), test.want) || after[0].ID != before[0].ID {
				t.Errorf("%s by %s: %v, and then %+v", test.deed, test.who, err, after[0])
			}
			continue
		}
		if a := after[0]; err != nil || a.By != test.who || a.Deed != test.deed || a.Job != "corp" || a.Detail != "why" {
			t.Errorf("%s by %s: %v, and then %+v", test.deed, test.who, err, a)
		}
	}
	err := client(t, server, "admin").Do(t.Context(), fleet.Act{Deed: fleet.DeedPause, Job: "../jobs/corp"})
	if missing, ok := errors.AsType[*fleet.NoJobError](err); !ok || missing.Job != "../jobs/corp" || !slices.Equal(missing.Have, []string{"corp", "lab", "shop"}) {
		t.Errorf("a job that there is not: %v", err)
	}
}

// TestARunIsCanceledByItsNumber: by who may, while it is at work, and no other one.
func TestARunIsCanceledByItsNumber(t *testing.T) {
	t.Parallel()
	table, server := served(t)
	ended := filled(t, table)
	runs, err := table.Runs(t.Context(), fleet.RunQuery{Job: "lab"})
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	atWork := runs[0].ID
	for _, test := range []struct {
		who, job string
		run      int64
		want     string
	}{
		{"viewer", "lab", atWork, "takes the role approver"},
		{"approver", "lab", 0, "by its number"},
		{"approver", "lab", -1, "by its number"},
		{"approver", "lab", 77, "run 77 of lab is not at work"},
		{"approver", "corp", atWork, "is not at work"}, // it is of another job
		{"admin", "corp", ended, "is not at work"},
		{"approver", "lab", atWork, ""},
	} {
		err := client(t, server, test.who).Do(t.Context(), fleet.Act{Deed: fleet.DeedCancel, Job: test.job, Run: test.run, Detail: "why"})
		acts, looked := table.Acts(t.Context(), fleet.ActQuery{Deed: fleet.DeedCancel})
		if looked != nil {
			t.Fatal(looked)
		}
		if test.want != "" {
			if err == nil || !strings.Contains(err.Error(), test.want) || len(acts) != 0 {
				t.Errorf("%+v: %v, and then %+v", test, err, acts)
			}
			continue
		}
		if err != nil || len(acts) != 1 || acts[0].By != test.who || acts[0].Job != "lab" || acts[0].Run != atWork || acts[0].Detail != "why" {
			t.Errorf("%+v: %v, and then %+v", test, err, acts)
		}
	}
}

// TestMistakesOfCallers are told as such, and do nothing.
func TestMistakesOfCallers(t *testing.T) {
	t.Parallel()
	table, server := served(t)
	filled(t, table)
	for _, test := range []struct {
		method, path, kind, body string
		code                     int
	}{
		{"GET", "/runs?limit=x", "", "", 400},
		{"GET", "/runs?limit=-1", "", "", 400},
		{"GET", "/runs?limit=99999999999", "", "", 400},
		{"GET", "/runs?id=1%27", "", "", 400},
		{"GET", "/runs/x/lines", "", "", 400},
		{"GET", "/runs/1/lines?after=-1", "", "", 400},
		{"GET", "/acts?before=x", "", "", 400},
		{"GET", "/runs/77/lines", "", "", 200},
		{"GET", "/acts?job=none", "", "", 200},
		{"POST", "/jobs/corp/pause", "application/json", "{", 400},
		{"POST", "/jobs/corp/pause", "application/json", `[]`, 400},
		{"POST", "/jobs/corp/pause", "text/plain", `{"reason":"x"}`, 415},
		{"POST", "/jobs/corp/pause", "", "reason=x", 415},
		{"POST", "/jobs/corp/pause", "application/json", `{"reason":"` + strings.Repeat("é", 501) + `"}`, 400},
		{"POST", "/jobs/corp/pause", "application/json", `{"reason":"` + strings.Repeat("x", 70000) + `"}`, 413},
		{"POST", "/jobs/none/pause", "", "", 404},
		{"POST", "/jobs/corp/destroy", "", "", 404},
		{"POST", "/jobs/corp/pause", "application/json; charset=utf-8", `{"reason":"` + strings.Repeat("é", 500) + `"}`, 200},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, server.URL+"/api/v1"+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+tokenOf("admin"))
		if test.kind != "" {
			r.Header.Set("Content-Type", test.kind)
		}
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if answer.Body.Close(); err != nil || answer.StatusCode != test.code {
			t.Errorf("%s %s: %d %s, %v; want %d", test.method, test.path, answer.StatusCode, text, err, test.code)
		}
		if told := new(struct{ Error access.Problem }); test.code != 200 && test.code != 404 && (json.Unmarshal(text, told) != nil || told.Error.Code == "" || told.Error.Message == "") {
			t.Errorf("%s %s: it tells %s", test.method, test.path, text)
		}
	}
}

// TestTableThatCannotBeUsed: the log has why, and who asks does not.
func TestTableThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	table, server := served(t)
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := client(t, server, "viewer").Jobs(t.Context())
	if err == nil || !strings.Contains(err.Error(), "cannot be used now") || strings.Contains(err.Error(), "sql") {
		t.Errorf("it says %v", err)
	}
}

// TestWhatAServerIsCalled.
func TestWhatAServerIsCalled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		server string
		http   bool
		want   string
	}{
		{"https://fleet.example.com", false, ""},
		{"https://fleet.example.com/domainsync/", false, ""},
		{"http://127.0.0.1:9480", false, ""},
		{"http://[::1]:9480", false, ""},
		{"http://localhost", false, ""},
		{"http://fleet.example.com", false, "others on the way to fleet.example.com"},
		{"http://fleet.example.com", true, ""},
		{"http://127.0.0.1.example.com", false, "others on the way"},
		{"http://192.0.2.1", false, "others on the way"},
		{"fleet.example.com", false, "no address"},
		{"", false, "no address"},
		{"ftp://fleet.example.com", false, "no address"},
		{"https://", false, "no address"},
		{"https://a b", false, "no address"},
		{"https://ada:opensesame@fleet.example.com", false, "no name, password"},
		{"https://fleet.example.com?token=x", false, "no name, password"},
	} {
		_, err := api.NewClient(api.Options{Server: test.server, Token: "dst_x", AllowHTTP: test.http})
		if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "opensesame")) {
			t.Errorf("%q: %v, want %q", test.server, err, test.want)
		}
	}
	for _, token := range []string{"", "dst_x y", "dst_x\r\nX: y", "dst_é", "\x00"} {
		if _, err := api.NewClient(api.Options{Server: "https://fleet.example.com", Token: token}); err == nil || token != "" && strings.Contains(err.Error(), token) {
			t.Errorf("the token %q: %v", token, err)
		}
	}
}

// TestWhatIsWrongIsToldInWords, of servers that are none, or do not want the client.
func TestWhatIsWrongIsToldInWords(t *testing.T) {
	t.Parallel()
	_, server := served(t)
	answering := func(status int, kind, body string, more ...string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				t.Error("the token went elsewhere")
			}
			w.Header().Set("Content-Type", kind)
			for i := 0; i+1 < len(more); i += 2 {
				w.Header().Set(more[i], more[i+1])
			}
			w.WriteHeader(status)
			io.WriteString(w, body) //nolint:errcheck // the client sees it
		}))
		t.Cleanup(s.Close)
		return s
	}
	encrypted := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(encrypted.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, test := range map[string]struct {
		url, want string
		transport http.RoundTripper
	}{
		"a wrong token":       {server.URL, "does not take the token: it is wrong, it has expired", nil},
		"a page":              {answering(200, "text/html", "<html>").URL, "not as domainsync serve does", nil},
		"nothing there":       {answering(404, "text/html", "not found").URL, `answers "404 Not Found"`, nil},
		"a proxy":             {answering(502, "text/html", "bad gateway").URL, `answers "502 Bad Gateway"`, nil},
		"other JSON":          {answering(403, "application/json", `{"message":"no"}`).URL, "not as domainsync serve does", nil},
		"a sign-in elsewhere": {answering(302, "text/html", "", "Location", "/elsewhere").URL, "the token goes nowhere else", nil},
		"broken JSON":         {answering(200, "application/json", `{"jobs":[`).URL, "is not understood", nil},
		"another form":        {answering(200, "application/json", `{"jobs":"none"}`).URL, "is not understood", nil},
		"too many tries":      {answering(429, "application/json", `{"error":{"code":"too_many"}}`, "Retry-After", "6").URL, "try again in 6 seconds", nil},
		"http to https":       {strings.Replace(encrypted.URL, "https:", "http:", 1), "answers \"400 Bad Request\"", nil},
		"https to http":       {strings.Replace(server.URL, "http:", "https:", 1), "does not speak HTTPS", nil},
		"an unknown signer":   {encrypted.URL, "nobody vouches for it", nil},
		"another host":        {strings.Replace(encrypted.URL, "127.0.0.1", "localhost", 1), "it is of another host", encrypted.Client().Transport},
		"nobody listens":      {closed.URL, "cannot be reached", nil},
	} {
		c, err := api.NewClient(api.Options{Server: test.url, Token: "dst_wrong", Transport: test.transport})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Jobs(t.Context())
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "dst_") {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestLargeAnswersAreNotRead without an end.
func TestLargeAnswersAreNotRead(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for ctx.Err() == nil {
			if _, err := fmt.Fprint(w, strings.Repeat("x", 1<<20)); err != nil {
				return
			}
		}
	}))
	defer s.Close()
	defer cancel()
	c, err := api.NewClient(api.Options{Server: s.URL, Token: "dst_x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Jobs(t.Context()); err == nil || !strings.Contains(err.Error(), "not as domainsync serve does") {
		t.Errorf("it says %v", err)
	}
}
