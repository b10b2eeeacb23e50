package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/planstore"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

// reviewFlags are the flags of a plan that somebody else reviews.
type reviewFlags struct {
	store  bool
	commit string
	labels []string
}

func addReview(cmd *cobra.Command, f *reviewFlags) {
	flags := cmd.Flags()
	flags.BoolVar(&f.store, "store", false, "keep the whole plan in the state for 14 days, and print its hash, which apply --reviewed takes")
	flags.StringVar(&f.commit, "commit", "", "say in the plan that its files are those of a `commit`, by all its digits: an apply refuses other branches")
	flags.StringArrayVar(&f.labels, "label", nil, "say in the plan what it belongs to, as `key=value` (repeatable)")
	cmd.MarkFlagsMutuallyExclusive("store", "live")
}

// commitDigits matches the name of a commit.
var commitDigits = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// labelKey matches the key of a label.
var labelKey = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,49}$`)

// Bounds of labels: they stand in each form of a plan.
const (
	mostLabels   = 20
	longestLabel = 200 // characters of a value
)

// checkCommit refuses what is no whole name of a commit: a shorter one, or that of a
// branch, can mean another commit tomorrow.
func checkCommit(commit string) error {
	if commit != "" && !commitDigits.MatchString(commit) {
		return fmt.Errorf("--commit %q: give all 40 or 64 digits of a commit, as git rev-parse HEAD prints them", commit)
	}
	return nil
}

// parseLabels reads the labels of a plan.
func parseLabels(list []string) (map[string]string, error) {
	if len(list) > mostLabels {
		return nil, fmt.Errorf("--label: give at most %d", mostLabels)
	}
	var labels map[string]string
	for _, item := range list {
		key, value, ok := strings.Cut(item, "=")
		switch {
		case !ok || !labelKey.MatchString(key):
			return nil, fmt.Errorf("--label %q: write key=value, with a key of a-z, 0-9, dot, _ and -, that begins with a letter", item)
		case utf8.RuneCountInString(value) > longestLabel || !utf8.ValidString(value):
			return nil, fmt.Errorf("--label %s: a value has at most %d characters", key, longestLabel)
		}
		if labels == nil {
			labels = make(map[string]string)
		}
		labels[key] = value
	}
	return labels, nil
}

// review makes a plan one that somebody else reviews.
func (a *app) review(f reviewFlags, o *job.PlanOptions, endpoint string) (err error) {
	if err := checkCommit(f.commit); err != nil {
		return err
	}
	if o.Labels, err = parseLabels(f.labels); err != nil {
		return err
	}
	if o.Commit = f.commit; !f.store {
		return nil
	}
	o.Keep = func(ctx context.Context, p *planner.Plan) (string, error) { return a.storePlan(ctx, p, endpoint) }
	return nil
}

// storePlan keeps a plan in the state, unless nobody could apply it.
func (a *app) storePlan(ctx context.Context, p *planner.Plan, endpoint string) (hash string, err error) {
	if err := p.CheckAnywhere(a.clock.Now(), planner.MaxAge); err != nil {
		a.stderr.rest()
		fmt.Fprintf(a.stderr, "The plan is not stored, for it cannot be applied: %v\n", inert.Text(err.Error()))
		return "", nil
	}
	state, o, err := a.state()
	if err != nil {
		return "", err
	}
	if o.Account == "" {
		o.Account = p.Account
	}
	blobs, err := job.PlansIn(state, o)(ctx, endpoint, o.Account)
	if err != nil {
		return "", fmt.Errorf("the plan cannot be stored: %w", err)
	}
	hash, err = planstore.Put(ctx, blobs, func(w io.Writer) error { return render.JSON(w, p) }, a.clock.Now())
	if err := errors.Join(err, blobs.Close()); err != nil {
		return "", fmt.Errorf("the plan cannot be stored: %w", err)
	}
	return hash, nil
}

// sayStored says how a stored plan is applied.
func (a *app) sayStored(p *planner.Plan) {
	if p.StoredAs != "" {
		fmt.Fprintf(a.stderr, "The plan is stored: apply it with domainsync apply --reviewed %s\n", p.StoredAs)
	}
}

// reviewed returns how the plan of a hash is taken from the state, as far as its commit
// allows.
func (a *app) reviewed(hash, commit, endpoint string) func(context.Context, string) (*planner.Plan, error) {
	return func(ctx context.Context, account string) (*planner.Plan, error) {
		p, err := a.storedPlan(ctx, hash, endpoint, account)
		if err != nil {
			return nil, err
		}
		return p, a.checkSaved(ctx, "the stored plan "+hash, p, commit)
	}
}

// storedPlan takes the plan of a hash from the state.
func (a *app) storedPlan(ctx context.Context, hash, endpoint, account string) (*planner.Plan, error) {
	state, o, err := a.state()
	if err != nil {
		return nil, err
	}
	blobs, err := job.PlansIn(state, o)(ctx, endpoint, account)
	if err != nil {
		return nil, fmt.Errorf("the stored plan cannot be read: %w", err)
	}
	data, err := planstore.Get(ctx, blobs, hash, a.clock.Now())
	if err := errors.Join(err, blobs.Close()); err != nil {
		return nil, err
	}
	p, err := decodePlan("the stored plan "+hash, data)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	p.StoredAs = hex.EncodeToString(sum[:])
	return p, nil
}

// checkCommitOf refuses a plan whose files are not part of what is applied: its commit
// is neither the one that is given, or is checked out, nor an ancestor of it. Git alone
// can tell that.
func (a *app) checkCommitOf(ctx context.Context, p *planner.Plan, commit string) error {
	switch {
	case p.Commit == "" && commit == "", p.Commit != "" && p.Commit == commit:
		return nil
	case p.Commit == "":
		return fmt.Errorf("the plan says no commit, so that it cannot be compared with %s: plan again with --commit", commit)
	case !commitDigits.MatchString(p.Commit):
		return fmt.Errorf("the plan says a commit that is none: %q", p.Commit)
	}
	at := commit
	if at == "" {
		at = "HEAD"
	}
	if err := a.git(ctx, "rev-parse", "--is-inside-work-tree"); err != nil {
		if commit != "" {
			return fmt.Errorf("the plan was made at commit %s, and whether %s has it cannot be told: %w", p.Commit, commit, err)
		}
		fmt.Fprintf(a.stderr, "The plan was made at commit %s. Whether these files have it is not checked: %v\n", p.Commit, inert.Text(err.Error()))
		return nil
	}
	return a.checkAncestor(ctx, p.Commit, at)
}

// checkAncestor refuses a commit that is no ancestor of another one.
func (a *app) checkAncestor(ctx context.Context, commit, of string) error {
	for _, c := range []string{of, commit} {
		if err := a.git(ctx, "rev-parse", "--verify", "--quiet", c+"^{commit}"); err != nil {
			return fmt.Errorf("the plan was made at commit %s; the repository does not have %s, which a clone with all of its history would: fetch it, or plan again", commit, c)
		}
	}
	err := a.git(ctx, "merge-base", "--is-ancestor", commit, of)
	if e, ok := errors.AsType[*exec.ExitError](err); ok && e.ExitCode() == 1 {
		return fmt.Errorf("the plan was made at commit %s, which is no ancestor of %s: what was reviewed is not what is applied. Plan again", commit, of)
	}
	return err
}

// git runs git in the directory of the configuration.
func (a *app) git(ctx context.Context, args ...string) error {
	_, err := runGit(ctx, a.flags.dir, args...)
	return err
}
