package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/notify"
	runrender "github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/words"
)

// notifyVariable names, with or without _NAME behind it, where people are told what
// they have to know of. No file of the configuration does.
const notifyVariable = "DOMAINSYNC_NOTIFY"

func newNotify(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "What people are told by mail, chats and webhooks",
		Long: `Applies and resumes tell people at the addresses in ` + notifyVariable + ` and
` + notifyVariable + `_NAME what they have to know of: when it begins, worsens, gains a
name, comes near its date, each week while it is open, and when it ends. Each variable
holds addresses apart by blanks or lines, or @file. docs/monitoring.md shows their forms.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:     "test",
		Short:   "Send a message to each address",
		Long:    "Sends a message to each address, and says which of them took it. No account is asked.",
		Example: "  domainsync notify test",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.notifyTest(i.hard) })
		},
	})
	return cmd
}

// notifyTest sends a message to each address.
func (a *app) notifyTest(ctx context.Context) error {
	targets := a.notifyTargets()
	if len(targets) == 0 {
		return fmt.Errorf("there is no address: set %s, or %s_NAME, to one, or to @file", notifyVariable, notifyVariable)
	}
	missed := 0
	for _, t := range targets {
		err := t.Send(ctx, "domainsync: a test", "This is a test of domainsync, by "+a.operator()+". Nothing has to be done.")
		if err != nil {
			missed++
			fmt.Fprintf(a.stdout, "%s: not delivered: %v\n", t.Name(), err)
			continue
		}
		fmt.Fprintf(a.stdout, "%s: delivered\n", t.Name())
	}
	if missed > 0 {
		return failed(exitFailed, "%s of %d did not arrive", words.Count(missed, "message"), len(targets))
	}
	return nil
}

// notifier tells people at one place.
type notifier struct {
	target notify.Target
	err    error // why there is no address
}

// ID is that of the place.
func (n *notifier) ID() string { return n.target.ID }

// Name is where its address was given.
func (n *notifier) Name() string { return n.target.Name }

// Send sends a message.
func (n *notifier) Send(ctx context.Context, title, text string) error {
	if n.err != nil {
		return n.err
	}
	return n.target.Send(ctx, title, text)
}

// Notify sends what people have to know.
func (n *notifier) Notify(ctx context.Context, account string, all []job.Notification) error {
	title, text := runrender.Notice(account, all)
	return n.Send(ctx, title, text)
}

// notifyTargets returns the places of the environment, by the names of their variables,
// each address once.
func (a *app) notifyTargets() []*notifier {
	var all []*notifier
	for _, variable := range a.notifyVariables() {
		given := a.getenv(variable)
		text, err := secretText(given)
		if err != nil {
			all = append(all, &notifier{notify.NewTarget(variable, given, a.clock), err})
			continue
		}
		addresses := strings.Fields(text)
		for i, address := range addresses {
			name := variable
			if len(addresses) > 1 {
				name = fmt.Sprintf("%s %d", variable, i+1)
			}
			n := &notifier{target: notify.NewTarget(name, address, a.clock)}
			if !slices.ContainsFunc(all, func(x *notifier) bool { return x.ID() == n.ID() }) {
				all = append(all, n)
			}
		}
	}
	return all
}

// notifyVariables returns the names of the variables that hold addresses, sorted.
func (a *app) notifyVariables() []string {
	var names []string
	for _, each := range a.environ() {
		name, value, _ := strings.Cut(each, "=")
		if value != "" && (name == notifyVariable || strings.HasPrefix(name, notifyVariable+"_")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// notifiers are the places of the environment for a job.
func (a *app) notifiers() []job.Notifier {
	var all []job.Notifier
	for _, n := range a.notifyTargets() {
		all = append(all, n)
	}
	return all
}
