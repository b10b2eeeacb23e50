package simulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/clock"
)

// control calls one of the controls and returns its status and answer.
func control(t *testing.T, sim *simulator.Simulator, method, name, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://localhost/_simulator/"+name, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := sim.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(text))
}

// TestSettingsChangeOverHTTP: members that are given change, and count from the
// next call on; mistakes change nothing.
func TestSettingsChangeOverHTTP(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Account: three()})
	before := sim.Settings()
	want := before
	want.PageLimit, want.RealName, want.HistoryAfter = 2, wire.RealNamePassed, simulator.Duration(time.Hour)
	want.RequireHosts, want.BodyLimit, want.VerifiedEmails = true, 4096, []string{"ada@example.com"}
	want.Readings.CNIC, want.Readings.EmptyLists = "accepted", "array"
	status, text := control(t, sim, "POST", "options", `{"page_limit": 2, "real_name": "SUCCEED", "history_after": "1h", "require_hosts": true,
		"body_limit": 4096, "verified_emails": ["ada@example.com"], "readings": {"cnic": "accepted", "empty_lists": "array"}}`)
	var got simulator.Settings
	if err := json.Unmarshal([]byte(text), &got); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s: %v", status, text, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, answer +: %s", diff)
	}
	if diff := cmp.Diff(want, sim.Settings()); diff != "" {
		t.Errorf("want -, settings +: %s", diff)
	}
	for _, mistake := range []string{
		`{"page_limit": 0}`, `{"page_limt": 1}`, `{"readings": {"cnic": "maybe"}}`, `{"real_name": "YES"}`, `{"history_after": "-1h"}`,
		`{"body_limit": -1}`, `{"verified_emails": [""]}`, `{`, `[]`,
	} {
		if status, text := control(t, sim, "POST", "options", mistake); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", mistake, status, text)
		}
	}
	if diff := cmp.Diff(want, sim.Settings()); diff != "" {
		t.Errorf("a mistake changed something: %s", diff)
	}
}

// TestSettingsCount shows that each setting is used.
func TestSettingsCount(t *testing.T) {
	t.Parallel()
	sim, c := inProcess(t, simulator.Options{Account: three()})
	set := func(change string) {
		if status, text := control(t, sim, "POST", "options", change); status != http.StatusOK {
			t.Fatalf("%s: %d %s", change, status, text)
		}
	}
	page := []string{"QueryDomainList", "PageNum=1", "PageSize=3"}
	call[wire.QueryDomainListResponse](c, page...)
	set(`{"page_limit": 2}`)
	if got := c.refused(page[0], page[1:]...); got != "400 InvalidPageSize" {
		t.Error(got)
	}
	set(`{"body_limit": 10}`)
	if answer, body, err := c.send(page[0], page[1:]...); err != nil || answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%v %s", err, body)
	}
	if status, _ := control(t, sim, "POST", "options", `{"body_limit": 1000000}`); status != http.StatusBadRequest {
		t.Error("the controls take a body that is too large")
	}
}

// TestClockMoves: time passes for the account, and calls that are signed with
// the real time are valid all the same.
func TestClockMoves(t *testing.T) {
	t.Parallel()
	sim, c := inProcess(t, simulator.Options{Account: three()})
	year := 366 * 24 * time.Hour
	status, text := control(t, sim, "POST", "clock", `{"add": "8784h"}`)
	var at struct{ Now time.Time }
	if err := json.Unmarshal([]byte(text), &at); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s: %v", status, text, err)
	}
	if ahead := time.Until(at.Now); ahead < year-time.Minute || ahead > year {
		t.Errorf("the clock is %v ahead", ahead)
	}
	answer, body, err := c.send("QueryDomainList", "PageNum=1", "PageSize=1")
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v %s", err, body)
	}
	if date, err := http.ParseTime(answer.Header.Get("Date")); err != nil || date.Sub(at.Now).Abs() > time.Minute {
		t.Errorf("the service says %v: %v", date, err)
	}
	// A client that follows the service's time is understood, too; others are not.
	for ahead, want := range map[time.Duration]int{year: http.StatusOK, 0: http.StatusOK, year / 2: http.StatusBadRequest, 2 * year: http.StatusBadRequest} {
		c.change = func(v url.Values) { v.Set("Timestamp", time.Now().Add(ahead).UTC().Format("2006-01-02T15:04:05Z")) }
		if answer, body, err := c.send("QueryDomainList", "PageNum=1", "PageSize=1"); err != nil || answer.StatusCode != want {
			t.Errorf("signed %v ahead: %v %s, want %d", ahead, err, body, want)
		}
	}
	c.change = nil
	// To the time at which the names have left the account.
	if status, text := control(t, sim, "POST", "clock", `{"now": "2060-01-01T00:00:00Z"}`); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	if left := call[wire.QueryDomainListResponse](c, "QueryDomainList", "PageNum=1", "PageSize=1"); left.TotalItemNum != 0 {
		t.Errorf("%d names are left", left.TotalItemNum)
	}
	for _, mistake := range []string{`{"now": "2059-01-01T00:00:00Z"}`, `{"add": "-1h"}`, `{}`, `{"add": "1h", "now": "2061-01-01T00:00:00Z"}`, `{"add": "soon"}`} {
		if status, text := control(t, sim, "POST", "clock", mistake); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", mistake, status, text)
		}
	}
}

// TestUnknownParameters are told once each; those of the protocol and of the
// operation are none.
func TestUnknownParameters(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	sim, c := inProcess(t, simulator.Options{Account: three(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	for range 2 {
		call[wire.QueryDomainListResponse](c, "QueryDomainList", "PageNum=1", "PageSize=3", "Ccompany=x", "RegionId=cn-hangzhou", "Lang=en", "DomainName=example", "Tags.1.Key=a", "Remark=")
	}
	if got, want := sim.UnknownParameters(), []string{"QueryDomainList.Ccompany", "QueryDomainList.Tags"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), "Ccompany") {
		t.Errorf("%d lines: %s", n, log.String())
	}
	if status, text := control(t, sim, "GET", "unknown", ""); status != http.StatusOK || text != `["QueryDomainList.Ccompany","QueryDomainList.Tags"]` {
		t.Errorf("%d %s", status, text)
	}
}

// TestListByNameserver uses the newer filter of the list of names.
func TestListByNameserver(t *testing.T) {
	t.Parallel()
	account := three()
	account.Domains[1].Nameservers = []string{"ns9.example.net", "xn--bcher-kva.example.net"}
	_, c := inProcess(t, simulator.Options{Account: account})
	for filter, want := range map[string]int{"ns1.example.net": 2, "NS9.example.net.": 1, "bücher.example.net": 1, "ns7.example.net": 0} {
		if found := call[wire.QueryDomainListResponse](c, "QueryDomainList", "PageNum=1", "PageSize=3", "Dns="+filter); found.TotalItemNum != want || len(found.Data) != want {
			t.Errorf("%s: %d names, want %d", filter, found.TotalItemNum, want)
		}
	}
}

// still is a time that does not pass.
type still struct {
	clock.Source
	now time.Time
}

func (s still) Now() time.Time { return s.now }

// TestAccountGoesByTheGivenClock: it begins at its time, and may be moved by
// itself.
func TestAccountGoesByTheGivenClock(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	sim := simulator.New(simulator.Options{Account: three(), Clock: clock.New(still{now: at})})
	if got, read := sim.Now(), sim.State().ReadAt; !got.Equal(at) || !read.Equal(at) {
		t.Errorf("it is %v by the clock, the account says %v, and was read at %v", at, got, read)
	}
	if err := sim.MoveClock(time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := sim.Now(); !got.Equal(at.Add(time.Hour)) {
		t.Errorf("moved by an hour the account says %v", got)
	}
}

// TestClockIsMovedAloneOrShared: the service's time passes with that of the
// program, whose clock it has, and may be moved besides, from the program and
// over HTTP. It is the time of the Date, of tasks and of names, and requests that
// are signed by the program's own clock stay good.
func TestClockIsMovedAloneOrShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		sim := simulator.New(simulator.Options{Seed: 1, Account: &snapshot.Account{Domains: []snapshot.Domain{{Name: "example.com", Expires: time.Now().Add(10 * day)}}}})
		ahead := time.Duration(0)
		check := func(what string) {
			t.Helper()
			client, err := apiclient.New(apiclient.Config{Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: sim.Transport()})
			if err != nil {
				t.Fatal(err)
			}
			saved, err := client.Submit(t.Context(), &wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"example.com"}, Status: true})
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if skew, known := client.ServiceClock().Skew(); !known || (skew+ahead).Abs() > time.Second {
				t.Errorf("%s: by the Date it is %v ahead, want %v", what, -skew, ahead)
			}
			now := time.Now().Add(ahead)
			if got := sim.Now(); !got.Equal(now) {
				t.Errorf("%s: it is %v, want %v", what, got, now)
			}
			tasks := sim.Tasks()
			if last := tasks[len(tasks)-1]; last.TaskNo != saved.TaskNo || last.CreatedAt().Last.Sub(now).Abs() > 9*time.Hour {
				t.Errorf("%s: the task is of %v, and it is %v", what, last.CreatedAt(), now)
			}
		}
		check("at the begin")
		time.Sleep(day)
		check("with the program's")
		if err := sim.MoveClock(3 * day); err != nil {
			t.Fatal(err)
		}
		ahead += 3 * day
		check("moved alone")
		time.Sleep(day)
		check("with the program's, after that")
		if status, text := control(t, sim, http.MethodPost, "clock", `{"add": "144h"}`); status != http.StatusOK {
			t.Fatal(text)
		}
		ahead += 6 * day
		check("moved over HTTP")
		if got := sim.State().Domain("example.com").Status; got != wire.NeedsRenewal {
			t.Errorf("the name has expired a day ago, and its status is %v", got)
		}
	})
}
