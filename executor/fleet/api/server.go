package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/access"
)

// A Table is what is needed of a [fleet.Table]. A [Client] is one, too.
type Table interface {
	Jobs(ctx context.Context) ([]fleet.Entry, error)
	Runs(ctx context.Context, q fleet.RunQuery) ([]fleet.Run, error)
	Lines(ctx context.Context, run, after int64) ([]fleet.Line, error)
	Acts(ctx context.Context, q fleet.ActQuery) ([]fleet.Act, error)
	Do(ctx context.Context, a fleet.Act) error
	Attendance(ctx context.Context) (fleet.Attendance, error)
}

// Routes are those of a table, and of a desk; nil: there is none.
func Routes(t Table, desk *Desk, log *slog.Logger) []access.Route {
	s := &server{t, log}
	all := []access.Route{
		{Method: "GET", Pattern: root + "/jobs", Least: fleet.Viewer, Handler: s.answers(s.jobs)},
		{Method: "GET", Pattern: root + "/runs", Least: fleet.Viewer, Handler: s.answers(s.runs)},
		{Method: "GET", Pattern: root + "/runs/{run}/lines", Least: fleet.Viewer, Handler: s.answers(s.lines)},
		{Method: "GET", Pattern: root + "/acts", Least: fleet.Viewer, Handler: s.answers(s.acts)},
		{Method: "GET", Pattern: root + "/processes", Least: fleet.Viewer, Handler: s.answers(s.processes)},
	}
	for _, d := range deeds {
		all = append(all, access.Route{Method: "POST", Pattern: root + "/jobs/{job}/" + d.path, Least: d.least, Handler: s.answers(s.does(d.deed))})
	}
	if desk != nil {
		all = append(all, desk.routes(s)...)
	}
	for i := range all {
		all[i].Program = true
	}
	return all
}

// deeds are what can be done to a job, and who may.
var deeds = []struct {
	deed  fleet.Deed
	path  string
	least fleet.Role
}{
	{fleet.DeedAsk, "run", fleet.Approver},
	{fleet.DeedCancel, "cancel", fleet.Approver},
	{fleet.DeedPause, "pause", fleet.Admin},
	{fleet.DeedResume, "resume", fleet.Admin},
}

// server answers for a table.
type server struct {
	table Table
	log   *slog.Logger
}

// A mistake is one of whoever asks.
type mistake struct {
	status        int
	code, message string
}

func (m *mistake) Error() string { return m.message }

// Problem codes beside those of package access.
const (
	codeNoJob      = "no_job"
	codeBadRequest = "bad_request"
)

// noJob is what is told of a job that there is not.
type noJob struct {
	access.Problem
	Job  string   `json:"job"`
	Have []string `json:"have"`
}

// answers writes what a function returns, or why it does not.
func (s *server) answers(f func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var text bytes.Buffer
		form := json.NewEncoder(&text)
		form.SetEscapeHTML(false) // events are passed on as they were written
		answer, err := f(r)
		if err == nil {
			err = form.Encode(answer)
		}
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if _, err := w.Write(text.Bytes()); err != nil {
			s.log.Debug("an answer was not taken", "error", err)
		}
	})
}

func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if missing, ok := errors.AsType[*fleet.NoJobError](err); ok {
		access.WriteProblem(w, http.StatusNotFound, noJob{access.Problem{Code: codeNoJob, Message: missing.Error()}, missing.Job, missing.Have})
		return
	}
	if m, ok := errors.AsType[*mistake](err); ok {
		access.WriteProblem(w, m.status, access.Problem{Code: m.code, Message: m.message})
		return
	}
	if r.Context().Err() == nil {
		s.log.Error("the table of the fleet cannot be used", "error", err)
	}
	access.WriteProblem(w, http.StatusInternalServerError, access.Problem{Code: "unavailable", Message: "The table of the fleet cannot be used now. The log of the process that serves it says why."})
}

func (s *server) jobs(r *http.Request) (any, error) {
	all, err := s.table.Jobs(r.Context())
	answer := Jobs{make([]Job, len(all))}
	role := access.PersonOf(r.Context()).Role
	for i := range all {
		seen := all[i].SeenBy(role)
		answer.Jobs[i] = toJob(&seen)
	}
	return answer, err
}

func (s *server) runs(r *http.Request) (any, error) {
	n := numbers{r.URL.Query(), nil}
	q := fleet.RunQuery{ID: n.of("id"), Job: n.Get("job"), Before: n.of("before"), Failed: n.Get("failed") == "true", Limit: int(n.of("limit"))}
	if n.wrong != nil {
		return nil, n.wrong
	}
	all, err := s.table.Runs(r.Context(), q)
	answer := Runs{make([]Run, len(all))}
	for i := range all {
		answer.Runs[i] = *toRun(&all[i])
	}
	return answer, err
}

func (s *server) lines(r *http.Request) (any, error) {
	n := numbers{url.Values{"run": {r.PathValue("run")}, "after": r.URL.Query()["after"]}, nil}
	run, after := n.of("run"), n.of("after")
	if n.wrong != nil {
		return nil, n.wrong
	}
	all, err := s.table.Lines(r.Context(), run, after)
	answer := Lines{make([]Line, len(all))}
	for i, l := range all {
		answer.Lines[i] = Line{l.Number, l.Data}
	}
	return answer, err
}

func (s *server) acts(r *http.Request) (any, error) {
	n := numbers{r.URL.Query(), nil}
	q := fleet.ActQuery{Job: n.Get("job"), By: n.Get("by"), Deed: fleet.Deed(n.Get("deed")), Before: n.of("before"), Limit: int(n.of("limit"))}
	if n.wrong != nil {
		return nil, n.wrong
	}
	all, err := s.table.Acts(r.Context(), q)
	answer := Acts{make([]Act, len(all))}
	role := access.PersonOf(r.Context()).Role
	for i := range all {
		answer.Acts[i] = Act(all[i].SeenBy(role))
	}
	return answer, err
}

func (s *server) processes(r *http.Request) (any, error) {
	a, err := s.table.Attendance(r.Context())
	answer := Attendance{a.Now, make([]Process, len(a.Processes))}
	for i := range a.Processes {
		answer.Processes[i] = Process(a.Processes[i])
	}
	return answer, err
}

// numbers reads whole numbers that somebody has sent, and keeps what is wrong with them.
type numbers struct {
	url.Values
	wrong error
}

// of returns a number; 0 where it is not given.
func (n *numbers) of(name string) int64 {
	text := n.Get(name)
	if text == "" {
		return 0
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < 0 || name == "limit" && v > 1<<31-1 {
		n.wrong = &mistake{http.StatusBadRequest, codeBadRequest, name + " is no whole number from 0 on"}
	}
	return v
}

// longestReason bounds what somebody writes, in characters.
const longestReason = 500

// does does something to a job.
func (s *server) does(deed fleet.Deed) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		asked, err := requestOf(r)
		if err != nil {
			return nil, err
		}
		act := fleet.Act{By: access.PersonOf(r.Context()).Name, Deed: deed, Job: r.PathValue("job"), Detail: asked.Reason}
		if deed == fleet.DeedCancel {
			if act.Run, err = s.runAtWork(r.Context(), act.Job, asked.Run); err != nil {
				return nil, err
			}
		}
		return struct{}{}, s.table.Do(r.Context(), act)
	}
}

// runAtWork returns the number of a run of a job, and refuses one that has ended: another
// one may have begun since somebody looked.
func (s *server) runAtWork(ctx context.Context, job string, run int64) (int64, error) {
	if run <= 0 {
		return 0, &mistake{http.StatusBadRequest, codeBadRequest, "say by its number which run is to end"}
	}
	runs, err := s.table.Runs(ctx, fleet.RunQuery{Job: job, ID: run})
	if err == nil && (len(runs) == 0 || !runs[0].Ended.IsZero()) {
		err = &mistake{http.StatusConflict, "not_at_work", fmt.Sprintf("run %d of %s is not at work", run, job)}
	}
	return run, err
}

// requestOf reads what was sent with an act, if anything was.
func requestOf(r *http.Request) (asked Request, err error) {
	if r.ContentLength == 0 {
		return asked, nil
	}
	if err := readJSON(r, &asked); err != nil {
		return asked, err
	}
	return asked, checkReason(asked.Reason)
}

// checkReason refuses what is longer than people read.
func checkReason(reason string) error {
	if utf8.RuneCountInString(reason) > longestReason {
		return &mistake{http.StatusBadRequest, codeBadRequest, "the reason has more than " + strconv.Itoa(longestReason) + " characters"}
	}
	return nil
}

// readJSON reads what was sent.
func readJSON(r *http.Request, into any) error {
	data, err := io.ReadAll(r.Body)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &mistake{http.StatusRequestEntityTooLarge, "too_large", "what was sent is larger than this can be"}
	}
	if err != nil {
		return err
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &mistake{http.StatusUnsupportedMediaType, codeBadRequest, "send JSON, with Content-Type: application/json"}
	}
	if err := json.Unmarshal(data, into); err != nil {
		return &mistake{http.StatusBadRequest, codeBadRequest, "what was sent is no JSON of this"}
	}
	return nil
}
