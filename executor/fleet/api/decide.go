package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/access"
	"github.com/domainsync/domainsync/executor/fleet/decide"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// A Decision is what a person says of changes of a job's plan.
type Decision struct {
	Plan    string    `json:"plan"` // its hash, or the first digits
	Changes []string  `json:"changes,omitempty"`
	All     bool      `json:"all,omitempty"`
	Until   time.Time `json:"until,omitzero"` // of a yes
	Reason  string    `json:"reason,omitempty"`
}

// Waiting is what waits for persons in the last plan of a job, or what they have said of
// the changes that one decided on.
type Waiting struct {
	Run     int64              `json:"run,omitempty"` // that made the plan; absent: nothing waits
	Plan    string             `json:"plan,omitempty"`
	Changes []planner.Awaiting `json:"changes"`
}

// A Desk is where persons decide on the changes of a fleet as its file is now.
type Desk struct {
	Now func() *decide.Desk
}

// decisionBody is how many bytes a decision may have: it can name very many changes.
const decisionBody = 4 << 20

// routes are those of what persons decide.
func (d *Desk) routes(s *server) []access.Route {
	return []access.Route{
		{Method: "GET", Pattern: root + "/jobs/{job}/waiting", Least: fleet.Viewer, Handler: s.answers(d.waiting)},
		{Method: "POST", Pattern: root + "/jobs/{job}/approve", Least: fleet.Approver, Handler: s.answers(d.decides(false)), Body: decisionBody},
		{Method: "POST", Pattern: root + "/jobs/{job}/reject", Least: fleet.Approver, Handler: s.answers(d.decides(true)), Body: decisionBody},
	}
}

func (d *Desk) waiting(r *http.Request) (any, error) {
	docket, err := d.Now().Docket(r.Context(), r.PathValue("job"))
	if err != nil || docket == nil {
		return Waiting{Changes: []planner.Awaiting{}}, refusal(err)
	}
	return Waiting{docket.Run.ID, docket.Run.Plan, docket.Masked().Waiting}, nil
}

// decides takes a decision of whoever sends it.
func (d *Desk) decides(reject bool) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		var x Decision
		if err := readJSON(r, &x); err != nil {
			return nil, err
		}
		if err := checkReason(x.Reason); err != nil {
			return nil, err
		}
		if reject && x.Reason == "" {
			return nil, &mistake{http.StatusBadRequest, codeBadRequest, "a no needs a reason, for those who read plans"}
		}
		said, err := d.Now().Decide(r.Context(), decide.Decision{
			Job: r.PathValue("job"), Plan: x.Plan, Changes: x.Changes, All: x.All, By: access.PersonOf(r.Context()).Name,
			Until: x.Until, Reject: reject, Reason: x.Reason,
		})
		return Waiting{Changes: said}, refusal(err)
	}
}

// refusal is an error as whoever asked may know it.
func refusal(err error) error {
	if refused, ok := errors.AsType[*decide.RefusedError](err); ok {
		return &mistake{http.StatusConflict, "refused", refused.Why}
	}
	if held, ok := errors.AsType[*journal.LockedError](err); ok {
		return &mistake{http.StatusLocked, "held", held.Error()}
	}
	return err
}

// Waiting returns what waits for persons in the last plan of a job.
func (c *Client) Waiting(ctx context.Context, job string) (*Waiting, error) {
	answer := new(Waiting)
	return answer, c.get(ctx, "/jobs/"+url.PathEscape(job)+"/waiting", nil, answer)
}

// Approve says yes to changes, and returns what persons have said of them then.
func (c *Client) Approve(ctx context.Context, job string, d Decision) ([]planner.Awaiting, error) {
	return c.decide(ctx, job, "approve", d)
}

// Reject says no to changes, and returns what persons have said of them then.
func (c *Client) Reject(ctx context.Context, job string, d Decision) ([]planner.Awaiting, error) {
	return c.decide(ctx, job, "reject", d)
}

func (c *Client) decide(ctx context.Context, job, deed string, d Decision) ([]planner.Awaiting, error) {
	var answer Waiting
	err := c.post(ctx, "/jobs/"+url.PathEscape(job)+"/"+deed, d, &answer)
	return answer.Changes, err
}
