package reader_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner/reader"
)

const days = 24 * time.Hour

// awkwardLogs are logs of every kind that is not the usual one, and why such a log
// is not believed, "" where it is.
var awkwardLogs = map[string]struct {
	faults   simulator.Faults
	readings simulator.Readings
	distrust string
}{
	"the usual one":                     {},
	"refused for want of a permission":  {faults: refusedLog(http.StatusForbidden, "Forbidden.RAM"), distrust: "Forbidden.RAM"},
	"refused with an error":             {faults: refusedLog(http.StatusInternalServerError, "InternalError"), distrust: "InternalError"},
	"refused as one that is not there":  {faults: refusedLog(http.StatusNotFound, "InvalidApi.NotFound"), distrust: "InvalidApi.NotFound"},
	"empty":                             {faults: logFaults(simulator.ChangeLogFaults{Empty: true}), distrust: "it is empty"},
	"kept for less than a night":        {faults: logFaults(simulator.ChangeLogFaults{Kept: simulator.Duration(12 * time.Hour)}), distrust: "it is empty"},
	"kept until after the last reading": {faults: logFaults(simulator.ChangeLogFaults{Kept: simulator.Duration(4 * days)}), distrust: "it may not be kept for long enough"},
	"kept for longer":                   {faults: logFaults(simulator.ChangeLogFaults{Kept: simulator.Duration(60 * 365 * days)})},
	"the oldest first":                  {faults: logFaults(simulator.ChangeLogFaults{Order: simulator.OldestFirst})},
	"mixed up":                          {faults: logFaults(simulator.ChangeLogFaults{Order: simulator.MixedUp})},
	"cut off":                           {faults: logFaults(simulator.ChangeLogFaults{Limit: 5})},
	"cut off and mixed up":              {faults: logFaults(simulator.ChangeLogFaults{Limit: 5, Order: simulator.MixedUp})},
	"cut off within one instant":        {faults: logFaults(simulator.ChangeLogFaults{Limit: 2}), distrust: "there are more entries at 2000-01-01T20:00:00Z than the service shows"},
	"by days and cut off":               {faults: logFaults(simulator.ChangeLogFaults{Limit: 2}), readings: simulator.Readings{ChangeLogDates: "days"}, distrust: "than the service shows"},
	"by days":                           {readings: simulator.Readings{ChangeLogDates: "days"}},
	"with times in UTC":                 {readings: simulator.Readings{ChangeLogTimes: "utc"}},
	"with times in UTC, and by days":    {readings: simulator.Readings{ChangeLogTimes: "utc", ChangeLogDates: "days"}},
}

func logFaults(f simulator.ChangeLogFaults) simulator.Faults {
	return simulator.Faults{LimitProfile: "none", ChangeLog: f}
}

func refusedLog(status int, code string) simulator.Faults {
	return simulator.Faults{LimitProfile: "none", Rules: []simulator.Fault{
		{Kind: simulator.Fail5xx, Operation: "QueryChangeLogList", Status: status, Code: code},
	}}
}

// TestAwkwardLogsHideNothing: somebody changes names at two moments, three of them
// at once, on the day after a reading. Whatever the log is like, the next one shows
// that, at whichever hour of the day it was read.
func TestAwkwardLogsHideNothing(t *testing.T) {
	t.Parallel()
	for name, log := range awkwardLogs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNightly(t, 12)
				settings := n.sim.Settings()
				settings.Readings = log.readings
				if err := n.sim.SetSettings(settings); err != nil {
					t.Fatal(err)
				}
				time.Sleep(16 * time.Hour)
				n.read()
				time.Sleep(4 * time.Hour)
				for i := range 3 {
					n.changeInConsole(fmt.Sprintf("name%05d.com", i), true)
				}
				time.Sleep(11 * time.Hour)
				for i := 3; i < 6; i++ {
					n.changeInConsole(fmt.Sprintf("name%05d.com", i), true)
					time.Sleep(time.Second)
				}
				if err := n.sim.SetFaults(log.faults); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Hour)
				live, _ := n.read()
				for i := range 12 {
					d := live.Domain(fmt.Sprintf("name%05d.com", i))
					if d.TransferLock.On() != (i < 6) {
						t.Errorf("the lock of %s is %s", d.Name, d.TransferLock)
					}
				}
				if got := n.standing.Distrust; log.distrust == "" && got != "" || !strings.Contains(got, log.distrust) {
					t.Errorf("distrusted because %q, want %q", got, log.distrust)
				}
				if known := n.standing.Known; (known == 0) != (log.distrust != "") {
					t.Errorf("%d names stand", known)
				}
			})
		})
	}
}

// TestLateEntriesAreSeen: an entry that comes within two days is seen by the first
// reading after it came, however often the name was not read meanwhile.
func TestLateEntriesAreSeen(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{time.Minute, 25 * time.Hour, 47 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			n := newNightly(t, 6)
			n.maxAge = 200 * 365 * days
			n.read()
			time.Sleep(time.Hour)
			if err := n.sim.SetFaults(logFaults(simulator.ChangeLogFaults{Delay: simulator.Range{Min: late}})); err != nil {
				t.Fatal(err)
			}
			n.changeInConsole("name00003.com", true)
			changed := time.Now()
			for range 14 {
				time.Sleep(5 * time.Hour)
				live, _ := n.read()
				on := live.Domain("name00003.com").TransferLock.On()
				if told := time.Since(changed) >= late; on != told {
					t.Errorf("%v late: after %v the lock is %v", late, time.Since(changed), on)
				}
			}
		})
	}
}

// TestLogThatLacksOwnChanges: what a run of our own has changed must be in the log.
// One that knows of some of it and not of all is not believed either.
func TestLogThatLacksOwnChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 4)
		time.Sleep(10 * days)
		n.read()
		n.changeInConsole("name00001.com", true)
		n.own = map[string]time.Time{"name00001.com": time.Now()}
		time.Sleep(4 * days)
		if n.read(); n.standing.Distrust != "" {
			t.Fatalf("distrusted because %s", n.standing.Distrust)
		}
		n.own["name00002.com"] = time.Now()
		n.own["name99999.com"] = time.Now() // which the account does not hold any more
		time.Sleep(3 * days)
		if n.read(); !strings.HasSuffix(n.standing.Distrust, "names that earlier runs changed are not in it: 1") {
			t.Errorf("distrusted because %q", n.standing.Distrust)
		}
	})
}

// oddLog answers with what odd makes of the answers of another log.
type oddLog struct {
	reader.LogReader
	calls int
	odd   func(call int, r *wire.QueryChangeLogListRequest, answer *wire.QueryChangeLogListResponse)
}

func (l *oddLog) QueryChangeLogList(ctx context.Context, r *wire.QueryChangeLogListRequest) (*wire.QueryChangeLogListResponse, error) {
	answer, err := l.LogReader.QueryChangeLogList(ctx, r)
	if err == nil {
		l.calls++
		l.odd(l.calls, r, answer)
	}
	return answer, err
}

// TestOddAnswersOfTheLog: a log that shifts while it is read is read again; one that
// is not shown as a whole, or does not say what changed, is not believed.
func TestOddAnswersOfTheLog(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		odd      func(call int, r *wire.QueryChangeLogListRequest, answer *wire.QueryChangeLogListResponse)
		distrust string
	}{
		"an entry comes between two pages": {func(call int, _ *wire.QueryChangeLogListRequest, answer *wire.QueryChangeLogListResponse) {
			if call == 1 {
				answer.TotalItemNum--
			}
		}, ""},
		"entries come all the time": {func(call int, r *wire.QueryChangeLogListRequest, answer *wire.QueryChangeLogListResponse) {
			answer.TotalItemNum += call % 2
		}, "it changed while it was read, 5 times in a row"},
		"the limit is said later": {func(_ int, r *wire.QueryChangeLogListRequest, answer *wire.QueryChangeLogListResponse) {
			answer.ResultLimit = r.PageNum == 2
		}, "it changed while it was read"},
		"the second page is empty": {func(_ int, r *wire.QueryChangeLogListRequest, answer *wire.QueryChangeLogListResponse) {
			if r.PageNum == 2 {
				answer.Data = nil
			}
		}, "the service says that the list has 101 entries, and shows 100"},
		"an entry names nothing": {func(_ int, _ *wire.QueryChangeLogListRequest, answer *wire.QueryChangeLogListResponse) {
			answer.Data[0].DomainName = ""
		}, "it has an entry that names no domain"},
		"entries have no time": {func(_ int, r *wire.QueryChangeLogListRequest, answer *wire.QueryChangeLogListResponse) {
			for i := range answer.Data {
				answer.Data[i].Time = time.Time{}
			}
		}, "it shows nothing of before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNightly(t, 3)
				n.read()
				for range 101 {
					n.changeInConsole("name00001.com", true)
					time.Sleep(time.Minute)
				}
				time.Sleep(days)
				n.log = &oddLog{LogReader: n.log, odd: test.odd}
				live, _ := n.read()
				if !live.Domain("name00001.com").TransferLock.On() {
					t.Error("the change was missed")
				}
				if got := n.standing.Distrust; test.distrust == "" && got != "" || !strings.Contains(got, test.distrust) {
					t.Errorf("distrusted because %q, want %q", got, test.distrust)
				}
			})
		})
	}
}
