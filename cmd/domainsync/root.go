package main

import (
	"github.com/spf13/cobra"
)

// newRoot returns the command line with all its commands.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "domainsync",
		Short: "Keeps a registrar account in the state that HCL files declare",
		Long: `domainsync reads the desired state of many domains from *.hcl files, compares it
with the account at the registrar, and sends the difference in batch tasks.

Exit codes: 0 done or nothing to do, 1 error, 2 changes pending (with
--detailed-exitcode) or unapproved, 3 refused by a guard or the operator's policy, 4
something failed, is unknown, stale, missing, blocked or differs, 5 interrupted or in
doubt (run resume), 6 another run holds the account. A crash is 1, or a signal: never 2.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              noArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.start(cmd) },
		Version:           versionLine(),
	}
	root.SetVersionTemplate("{{.Version}}")
	root.SetFlagErrorFunc(flagError)
	a.addGlobalFlags(root)
	addCommands(root, a)
	findValuesApart(root)
	addExamples(root)
	return root
}

// addCommands adds all commands, grouped as help lists them.
func addCommands(root *cobra.Command, a *app) {
	for _, group := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"The main job:", []*cobra.Command{newValidate(a), newFmt(a), newTest(a), newPlan(a), newShow(a), newApply(a), newResume(a), newUndo(a), newPause(a), newUnpause(a), newRuns(a), newState(a), newNotify(a)}},
		{"Many accounts:", []*cobra.Command{newServe(a), newJobs(a)}},
		{"Looking at names:", []*cobra.Command{newDomains(a), newPortfolioReport(a), newConsole(a)}},
		{"Files from an account:", []*cobra.Command{newImport(a), newSnapshot(a)}},
		{"Around the account:", []*cobra.Command{
			newCheck(a), newTasks(a), newHosts(a), newDS(a), newLog(a), newTransfers(a), newAudits(a), newEmails(a), newProfiles(a), newAPI(a),
		}},
		{"Without an account:", []*cobra.Command{newDemo(a), newSimulator(a)}},
	} {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, cmd := range group.commands {
			cmd.GroupID = group.title
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(newVersion(a))
}

func (a *app) addGlobalFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&a.flags.dir, "dir", ".", "`directory` of the configuration")
	f.StringVar(&a.flags.root, "root", "", "`directory` below which libraries and, with --all, accounts lie; else "+rootVariable+", else --dir, or with --all the working directory")
	f.Var(givenValues{&a.flags.given, false}, "var", "a variable's value as `name=value` (repeatable); of --var and --var-file the later wins")
	f.Var(givenValues{&a.flags.given, true}, "var-file", "`file` with variables' values (repeatable)")
	f.Float64Var(&a.flags.fileLimits, "file-limits", 1, "`N` times what the files may take: sizes, nesting, steps of evaluation")
	f.StringVar(&a.flags.endpoint, "endpoint", "", "`URL` of the service, instead of the one in the files; else "+endpointVariable)
	f.BoolVar(&a.flags.serviceClock, "service-clock", false, "go by the service's time however far this machine's is off it, and order by it; so it is for a service on this machine")
	f.StringVar(&a.flags.state, "state", "", "`where` the journal lies: a directory (default .domainsync in --dir), postgres://…, oss://… or s3://…; @file for a file that says so, else "+stateVariable)
	f.StringVar(&a.flags.stateDir, "state-dir", "", "the same as --state, for a `directory`")
	f.StringVar(&a.flags.policy, "policy", "", "`file` of what the operator permits at most, whatever the files and other flags say; else "+policyVariable)
	f.Float64Var(&a.flags.qps, "qps", 0, "`N` calls a second of each operation, instead of the files' limits; never more than the service is known to take")
	f.StringVar(&a.flags.logLevel, "log-level", "info", "least `level` that is logged: debug, info, warn, error")
	f.StringVar(&a.flags.logFormat, "log-format", "text", "`format` of the log: text, json")
	f.BoolVar(&a.flags.quiet, "quiet", false, "print nothing where nothing needs a person: plan, apply, resume and validate are silent where they end with 0; no command tells progress, or logs what is no warning")
	f.BoolVar(&a.flags.noColor, "no-color", false, "no colours; the environment variable NO_COLOR does the same")
	f.BoolVar(&a.flags.showPersonal, "show-personal", false, "show names, addresses and numbers of persons as they are, instead of masked")
	completeWith(root, "log-level", "debug", "info", "warn", "error")
	completeWith(root, "log-format", "text", "json")
	for _, dir := range []string{"dir", "root", "state", "state-dir"} {
		must(root.MarkPersistentFlagDirname(dir))
	}
}

// completeWith completes a flag with fixed values.
func completeWith(cmd *cobra.Command, flag string, values ...string) {
	must(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// must panics on a mistake in the command line's own definition.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
