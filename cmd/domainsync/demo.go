package main

import (
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

//go:embed demo
var demoFiles embed.FS

func newDemo(a *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Plan and apply a small portfolio against a simulated account",
		Long: `Shows the main job in a few seconds: a simulated account and files that want it
otherwise, a plan, an apply and a second plan. Needs no credentials, no network
and no files, and leaves none. With --out it only writes its files, to try on
your own: domainsync simulator --live account.json -- sh`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out != "" {
				return a.demoFiles(out)
			}
			return a.demo(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write the files and the account to a new `directory` instead")
	must(cmd.MarkFlagDirname("out"))
	return cmd
}

// demoFiles writes the files of the demonstration, and its account as a snapshot.
func (a *app) demoFiles(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := writeDemo(dir); err != nil {
		return err
	}
	account, err := demoAccount(a.clock.Now())
	if err != nil {
		return err
	}
	return snapshot.WriteFile(filepath.Join(dir, demoAccountFile), account)
}

// demoAccountFile is the name of the demonstration's account.
const demoAccountFile = "account.json"

func (a *app) demo(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "domainsync-demo-")
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, os.RemoveAll(dir)) }()
	if err := writeDemo(dir); err != nil {
		return err
	}
	account, err := demoAccount(a.clock.Now())
	if err != nil {
		return err
	}
	endpoint, stop, err := a.serveDemo(ctx, account)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, stop()) }()
	return a.demoTour(ctx, demoCommands{app: a, dir: dir, endpoint: endpoint}, len(account.Domains))
}

// demoTour runs the commands of the demonstration.
func (a *app) demoTour(ctx context.Context, d demoCommands, names int) error {
	portfolio, err := fs.ReadFile(demoFiles, "demo/portfolio.hcl")
	if err != nil {
		return err
	}
	d.say("A simulated account with %d names is listening on %s.\nThis is how its names should be, in portfolio.hcl:\n\n%s", names, d.endpoint, indent(string(portfolio)))
	for _, step := range []struct {
		say  string
		args []string
	}{
		{"What would change? A plan reads the account and writes nothing to it.", []string{"plan"}},
		{"Apply it: equal changes of many names go out in one task. Locks that were\nopened for a change are closed again.", []string{"apply", "--auto-approve=lock,delegation"}},
		{"A second plan shows that nothing is left to do.", []string{"plan", "--detailed-exitcode"}},
	} {
		d.say("%s", step.say)
		if err := d.run(ctx, step.args...); err != nil {
			return err
		}
	}
	d.say("That was domainsync. For an account of your own: domainsync import --out DIR")
	return nil
}

// demoCommands runs commands as a user would.
type demoCommands struct {
	app           *app
	dir, endpoint string
}

func (d demoCommands) say(format string, args ...any) {
	fmt.Fprintf(d.app.stdout, "\n"+format+"\n", args...)
}

// run runs a command with the simulator's key, which is no secret.
func (d demoCommands) run(ctx context.Context, args ...string) error {
	fmt.Fprintf(d.app.stdout, "\n$ domainsync %s\n\n", strings.Join(args, " "))
	sub := *d.app
	sub.credentials = simulatorKey
	args = append(args, "--dir", d.dir, "--endpoint", d.endpoint, "--log-level", "warn", "--qps", "1000")
	if d.app.flags.noColor {
		args = append(args, "--no-color")
	}
	if code := sub.execute(ctx, args); code != exitDone {
		return failed(code, "domainsync %s ended with exit code %d", args[0], code)
	}
	return nil
}

// serveDemo serves the account on a loopback port until stop is called.
func (a *app) serveDemo(ctx context.Context, account *snapshot.Account) (endpoint string, stop func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	sim := simulator.New(simulator.Options{Account: account, Seed: 1, Clock: a.clock})
	var group conc.WaitGroup
	var served error
	group.Go(func() { served = serve(ctx, listener, sim.Handler()) })
	return "http://" + listener.Addr().String(), func() error {
		cancel()
		group.Wait()
		return served
	}, nil
}

// writeDemo writes the files of the demonstration.
func writeDemo(dir string) error {
	for _, name := range []string{"portfolio.hcl", "parked.csv"} {
		text, err := fs.ReadFile(demoFiles, "demo/"+name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// demoAccount is the account before: every fifth parked name is still with an
// old provider, half of these are not locked, and the company's own names are to move.
func demoAccount(now time.Time) (*snapshot.Account, error) {
	file, err := demoFiles.Open("demo/parked.csv")
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, err
	}
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion, ReadAt: now.UTC()}
	own := snapshot.Domain{
		TransferLock: wire.LockOn, UpdateLock: wire.LockOn,
		Nameservers: []string{"ns1.old.example.net", "ns2.old.example.net"},
	}
	for _, name := range []string{"example.com", "example-shop.com", "example.org"} {
		own.Name, own.DSRecords = name, []snapshot.DSRecord{}
		if name == "example.org" {
			own.DSRecords = []snapshot.DSRecord{{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("1F", 32)}}
		}
		account.Domains = append(account.Domains, own)
	}
	for i, row := range rows[1:] {
		provider := row[1]
		if i%5 == 0 {
			provider = "old"
		}
		account.Domains = append(account.Domains, snapshot.Domain{
			Name: row[0], TransferLock: wire.Lock(i%10 != 0), UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{},
			Nameservers: []string{"ns1." + provider + ".example.net", "ns2." + provider + ".example.net"},
		})
	}
	account.Sort()
	return account, nil
}

// indent moves text to the right.
func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

// firstOf returns the first error.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
