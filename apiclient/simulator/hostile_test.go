package simulator_test

import (
	"net/http"
	"testing"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestHostileHasEverything: each kind of fault is part of it, or stands here
// with the reason why it is not.
func TestHostileHasEverything(t *testing.T) {
	t.Parallel()
	notHostile := map[simulator.Kind]string{
		simulator.Stall:       "what is asked for could not be reached",
		simulator.RemoveNames: "it is about names",
		simulator.InsertNames: "it is about names",
		simulator.MoveNames:   "it is about names",
		simulator.AtRegistry:  "it is about names",
	}
	part := make(map[simulator.Kind]bool)
	for _, r := range simulator.Hostile().Rules {
		part[r.Kind] = true
		if r.Share <= 0 || r.Share > 0.2 {
			t.Errorf("%s happens with a probability of %v", r.Kind, r.Share)
		}
	}
	for _, kind := range simulator.Kinds() {
		if part[kind] == (notHostile[kind] != "") {
			t.Errorf("%s: part of it is %t", kind, part[kind])
		}
	}
}

// TestHostileFromASeed: the same seed and the same calls give the same answers.
func TestHostileFromASeed(t *testing.T) {
	t.Parallel()
	play := func(seed string) (statuses []int) {
		sim, c := inProcess(t, simulator.Options{Account: three()})
		if status, text := control(t, sim, "POST", "hostile", `{"seed": `+seed+`}`); status != http.StatusOK || text != `{"seed":`+seed+`}` {
			t.Fatalf("%d %s", status, text)
		}
		if err := sim.SetFaults(quick(sim.Faults())); err != nil {
			t.Fatal(err)
		}
		for range 200 {
			answer, _, err := c.send("QueryDomainList", "PageNum=1", "PageSize=1")
			if err != nil {
				statuses = append(statuses, 0)
				continue
			}
			statuses = append(statuses, answer.StatusCode)
		}
		return statuses
	}
	one, again, other := play("7"), play("7"), play("8")
	same, failed := true, 0
	for i := range one {
		if one[i] != again[i] {
			t.Fatalf("call %d: %d, then %d", i, one[i], again[i])
		}
		same = same && one[i] == other[i]
		if one[i] != http.StatusOK {
			failed++
		}
	}
	if same || failed == 0 || failed > 60 {
		t.Errorf("another seed gives the same: %t; %d of %d calls failed", same, failed, len(one))
	}
}

// quick leaves out what waits.
func quick(f simulator.Faults) (left simulator.Faults) {
	for _, r := range f.Rules {
		if r.Kind != simulator.Hang && r.Kind != simulator.Timeout && r.Kind != simulator.Delay {
			left.Rules = append(left.Rules, r)
		}
	}
	return left
}

// TestSlowDetails end later by what is picked.
func TestSlowDetails(t *testing.T) {
	t.Parallel()
	sim, c := inProcess(t, simulator.Options{Account: three(), Faults: simulator.Faults{Rules: []simulator.Fault{
		{Kind: simulator.Slow, Names: []string{"example.net"}, Wait: simulator.Range{Min: 3600e9, Max: 3600e9}},
	}}})
	call[wire.TaskResponse](c, append([]string{"SaveBatchTaskForTransferProhibitionLock", "Status=true"}, list("DomainName", "example.com", "example.net")...)...)
	if got := sim.Results(); len(got) != 1 || got[0].DomainName != "example.com" {
		t.Errorf("results %+v", got)
	}
	if err := sim.MoveClock(3600e9); err != nil {
		t.Fatal(err)
	}
	if got := sim.Results(); len(got) != 2 || sim.Failures() != 0 {
		t.Errorf("results %+v", got)
	}
}
