package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker; without it the module's version counts.
var version string

// programVersion is what plans and snapshots say made them.
func programVersion() string {
	v, _, _ := buildVersion()
	return v
}

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.stdout, versionLine())
			return err
		},
	}
}

// versionLine is what version and --version print.
func versionLine() string {
	v, commit, date := buildVersion()
	return fmt.Sprintf("domainsync %s (commit %s of %s, %s, %s/%s)\n", v, commit, date, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// buildVersion returns the program's version, the commit it was built from and the
// time of that commit.
func buildVersion() (v, commit, date string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	return versionOf(info)
}

// versionOf reads what a build says of itself. A tree with changes that are not
// committed is no commit alone.
func versionOf(info *debug.BuildInfo) (v, commit, date string) {
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	commit = cmp.Or(revision[:min(12, len(revision))], "unknown")
	if settings["vcs.modified"] == "true" {
		commit += " and changes"
	}
	return cmp.Or(version, info.Main.Version, "unknown"), commit, cmp.Or(settings["vcs.time"], "unknown date")
}
