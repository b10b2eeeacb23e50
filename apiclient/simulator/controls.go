package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// controlPath is where the controls are; everything else is the API.
const controlPath = "/_simulator/"

// controls serves what the service itself does not have.
func (s *Simulator) controls() http.Handler {
	mux := http.NewServeMux()
	s.settingControls(mux)
	get := func(name string, value func() any) { get(mux, name, value) }
	get("stats", func() any { return s.Stats() })
	get("saved", func() any { return s.Saved() })
	get("tasks", func() any { return s.Tasks() })
	get("results", func() any { return orEmpty(s.Results()) })
	get("mail", func() any { return orEmpty(s.Mail()) })
	get("profiles", func() any { return s.Profiles() })
	post(s, mux, "real_name", s.setRealName)
	get("transfers/in", func() any { return s.TransfersIn() })
	post(s, mux, "transfers/in", func(t TransferIn) (any, error) { return t, s.AddTransferIn(t) })
	post(s, mux, "transfers/out", func(r transferRequest) (any, error) { return r, s.RequestTransferOut(r.Name, r.Key) })
	get("purchases", func() any { return s.Purchases() })
	post(s, mux, "registry", func(e RegistryEvent) (any, error) { return e, s.Happen(e) })
	get("market", func() any { return s.Market() })
	post(s, mux, "market", func(m Market) (any, error) { return m, s.SetMarket(m) })
	get("faults", func() any { return s.Faults() })
	get("audits", func() any { return s.Audits() })
	post(s, mux, "audits", s.setVerdict)
	post(s, mux, "faults", func(f Faults) (any, error) { return f, s.SetFaults(f) })
	mux.HandleFunc("DELETE "+controlPath+"faults", func(w http.ResponseWriter, _ *http.Request) {
		_ = s.SetFaults(Faults{}) // no faults are no mistake
		writeJSON(w, Faults{})
	})
	mux.HandleFunc("GET "+controlPath+"state", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = snapshot.Write(w, s.State()) // the caller is gone: nobody is left to tell
	})
	mux.HandleFunc("GET "+controlPath+"{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain;charset=utf-8")
		_, _ = w.Write([]byte(about)) // the same
	})
	return mux
}

// get serves a value as JSON.
func get(mux *http.ServeMux, name string, value func() any) {
	mux.HandleFunc("GET "+controlPath+name, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, value()) })
}

// transferRequest is what another registrar asks for.
type transferRequest struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// realName is the real-name status that a profile gets.
type realName struct {
	Profile int64               `json:"profile"`
	Status  wire.RealNameStatus `json:"status"`
}

func (s *Simulator) setRealName(r realName) (any, error) {
	if known := r.Status.Known(); !slices.Contains(known, string(r.Status)) {
		return nil, fmt.Errorf("status %q is none of %s", r.Status, strings.Join(known, ", "))
	}
	if !s.SetRealName(r.Profile, r.Status) {
		return nil, fmt.Errorf("there is no profile %d", r.Profile)
	}
	return r, nil
}

// verdict is how an audit ends.
type verdict struct {
	Audit  int64  `json:"audit"`
	Passed bool   `json:"passed"`
	Remark string `json:"remark"`
}

func (s *Simulator) setVerdict(v verdict) (any, error) {
	return v, s.DecideAudit(v.Audit, v.Passed, v.Remark)
}

// post serves a control that takes a value as JSON, and answers with one.
func post[T any](s *Simulator, mux *http.ServeMux, name string, do func(T) (any, error)) {
	mux.HandleFunc("POST "+controlPath+name, func(w http.ResponseWriter, r *http.Request) {
		in, err := readStrictly[T](http.MaxBytesReader(w, r.Body, s.bodyLimit()))
		var out any
		if err == nil {
			out, err = do(in)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		writeJSON(w, out)
	})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the same
}

const about = `This is a simulated account of the Alibaba Cloud Domains API, not the service.

GET    /_simulator/stats           calls by operation
GET    /_simulator/state           the account as a snapshot
GET    /_simulator/saved           how often a task was saved for each change
GET    /_simulator/tasks           all tasks
GET    /_simulator/results         the queue of results that nobody has acknowledged
GET    /_simulator/mail            mail that would have been sent, with the tokens of its links
GET    /_simulator/profiles        the registrant profiles
POST   /_simulator/real_name       sets the real-name status of one
GET    /_simulator/purchases       what was bought, by name and term
GET    /_simulator/market          what can be bought, and for how much
POST   /_simulator/market          sets it
GET    /_simulator/transfers/in    the transfers in
POST   /_simulator/transfers/in    begins one, {"name": "example.org"}
POST   /_simulator/transfers/out   another registrar asks for a name, {"name": "example.com", "key": "…"}
POST   /_simulator/registry        something happens at a registry, {"event": "redelegated", "names": ["example.com"], "nameservers": ["ns1.example.net"]}
GET    /_simulator/audits          the operation audits
POST   /_simulator/audits          decides one that is in review, {"audit": 1, "passed": false, "remark": "…"}
GET    /_simulator/options         the options that can be changed
POST   /_simulator/options         changes those that are given, {"page_limit": 100, "readings": {"cnic": "accepted"}}
GET    /_simulator/clock           the account's time
POST   /_simulator/clock           moves it, {"add": "24h"} or {"now": "2027-01-01T00:00:00Z"}
GET    /_simulator/unknown         parameters that calls had and the simulator does not know
GET    /_simulator/faults          the faults that are set
POST   /_simulator/faults          sets other ones
DELETE /_simulator/faults          sets none
POST   /_simulator/hostile         sets those by which everything goes wrong now and then, {"seed": 7}

It does not imitate: registries, which would refuse nameservers, and resolvers,
which would lag behind; permissions and temporary keys; limits that span
operations. More on this and on the faults stands in docs/simulator.md.
`
