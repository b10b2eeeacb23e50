package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	runclock "github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/inert"
)

// simulatorFlags are the flags of simulator.
type simulatorFlags struct {
	listen      string
	zone        zoneFlags
	live        string
	faults      string
	market      string
	limits      string
	account     string
	key, secret string
	seed        uint64
	readings    []string
	settings    settingFlags
	hostile     bool
	now         string // the account's time at the start; "": today's
	tls         bool
	certificate string // file that it is written to
}

// settingFlags are those of what can also be set while it runs.
type settingFlags struct {
	historyAfter time.Duration
	pageLimit    int
	bodyLimit    int64
	requireHosts bool
	realName     string
	verified     []string
}

func (f *settingFlags) add(flags *pflag.FlagSet) {
	flags.DurationVar(&f.historyAfter, "history-after", 0, "`age` at which complete tasks are in the history alone (default 30 days)")
	flags.IntVar(&f.pageLimit, "page-limit", 0, "largest page of lists for which the service states no most (default 1000)")
	flags.Int64Var(&f.bodyLimit, "body-limit", 0, "`bytes` of the largest request (default 1 MiB)")
	flags.BoolVar(&f.requireHosts, "require-hosts", false, "a delegation to a host below a name of the account that has no such host fails")
	flags.StringVar(&f.realName, "real-name", "", "real-name `status` of profiles that are made or get another holder (default NONAUDIT)")
	flags.StringArrayVar(&f.verified, "verified-email", nil, "e-mail `address` that is verified from the start; may be repeated (default hostmaster@example.com)")
}

// options puts what the flags say into options.
func (f settingFlags) options(o *simulator.Options) error {
	if f.historyAfter < 0 || f.pageLimit < 0 || f.bodyLimit < 0 {
		return errors.New("--history-after, --page-limit and --body-limit are not negative")
	}
	if f.realName != "" {
		if err := oneOf("--real-name", f.realName, wire.RealNameStatus("").Known()...); err != nil {
			return err
		}
	}
	o.HistoryAfter, o.PageLimit, o.BodyLimit, o.RequireHosts = f.historyAfter, f.pageLimit, f.bodyLimit, f.requireHosts
	o.RealName, o.VerifiedEmails = wire.RealNameStatus(f.realName), f.verified
	return nil
}

func newSimulator(a *app) *cobra.Command {
	var f simulatorFlags
	cmd := &cobra.Command{
		Use:   "simulator [-- COMMAND [ARGUMENT…]]",
		Short: "Run a simulated account of the service",
		Long: `Serves an account in memory over the service's own protocol, until it is
interrupted. Any client of the service works against it. Its first line on
standard output is "listening on http://HOST:PORT" (https:// with --tls); what
it does besides the service's operations is listed under /_simulator/ there.

With a COMMAND, a shell say, it runs that and ends with it, and with its exit
code: the command's environment leads domainsync to the simulated account, with
a key that is accepted.

Names that the account lacks are free unless --market says otherwise or a word
of their first label does: taken-shop.com cannot be registered, premium-shop.com
has a price of its own.`,
		Args: commandAfterDash,
		RunE: func(cmd *cobra.Command, args []string) error { return a.simulator(cmd.Context(), f, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:0", "`address` to listen on; port 0 is any free one")
	f.zone.add(flags, "begin with the delegations of a BIND zone `file` (gzip, bzip2 and zip as well)")
	flags.StringVar(&f.live, "live", "", "begin with the snapshot in a `file`")
	flags.StringVar(&f.faults, "faults", "", "what goes wrong, as JSON in a `file`")
	flags.StringVar(&f.market, "market", "", "what can be bought, and for how much, as JSON in a `file`: prices, premium names, names that are taken")
	flags.StringVar(&f.limits, "limit-profile", "", "`name` of the limits per operation: "+strings.Join(simulator.LimitProfiles(), ", ")+" (default: the published ones)")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all that is random (default: any, and printed)")
	flags.StringVar(&f.account, "account", "", "`ID` of the account")
	flags.StringVar(&f.key, "key", "testid", "access key `ID` that is accepted")
	flags.StringVar(&f.secret, "secret", "testsecret", "`secret` of the access key")
	flags.StringArrayVar(&f.readings, "reading", nil, "`NAME=VALUE` of how the reference is read where it can be read in more than one way; may be repeated. "+readingHelp())
	f.settings.add(flags)
	flags.BoolVar(&f.hostile, "hostile", false, "everything goes wrong now and then, from the seed")
	flags.StringVar(&f.now, "now", "", "`time` of the account at the start, 2027-01-01T00:00:00Z say (default: this machine's)")
	flags.BoolVar(&f.tls, "tls", false, "speak TLS, with a certificate that is made for it")
	flags.StringVar(&f.certificate, "tls-certificate", "", "`file` that the certificate is written to, for clients to trust (default: a temporary one, and printed)")
	cmd.MarkFlagsMutuallyExclusive("faults", "hostile")
	cmd.MarkFlagsMutuallyExclusive("zone", "live")
	completeWith(cmd, "limit-profile", simulator.LimitProfiles()...)
	return cmd
}

func (a *app) simulator(ctx context.Context, f simulatorFlags, command []string) error {
	account, err := f.begin(a.stderr)
	if err != nil {
		return err
	}
	sim, err := f.start(account, a.clock, a.log)
	if err != nil {
		return err
	}
	ctx, release := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer release()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return err
	}
	var out io.Writer = a.stdout
	if len(command) > 0 {
		out = io.Discard // standard output is the command's
	}
	endpoint, listener, err := f.announce(out, listener)
	if err != nil {
		return err
	}
	if f.hostile {
		fmt.Fprintf(out, "hostile from seed %d\n", sim.Seed())
	}
	a.log.Info("simulating an account", "names", len(sim.State().Domains), "seed", sim.Seed(), "key", f.key)
	if len(command) > 0 {
		return a.serveCommand(ctx, listener, sim.Handler(), command, f.environment(endpoint))
	}
	return serve(ctx, listener, sim.Handler())
}

// announce says where the simulator listens, and makes it speak TLS where it is
// to.
func (f *simulatorFlags) announce(stdout io.Writer, listener net.Listener) (endpoint string, _ net.Listener, err error) {
	if !f.tls {
		if f.certificate != "" {
			return "", nil, errors.New("--tls-certificate: there is a certificate with --tls only")
		}
		endpoint = "http://" + listener.Addr().String()
		fmt.Fprintf(stdout, "listening on %s\n", endpoint)
		return endpoint, listener, nil
	}
	if listener, f.certificate, err = listenTLS(listener, f.certificate, time.Now()); err != nil {
		return "", nil, err
	}
	endpoint = "https://" + listener.Addr().String()
	fmt.Fprintf(stdout, "listening on %s\ncertificate %s\n", endpoint, inert.Text(f.certificate))
	return endpoint, listener, nil
}

// begin returns the account that the simulator begins with, nil for an empty one.
func (f simulatorFlags) begin(stderr io.Writer) (*snapshot.Account, error) {
	if err := f.zone.check(); err != nil {
		return nil, err
	}
	if f.zone.file == "" && f.live == "" {
		return nil, nil
	}
	if f.live != "" {
		return snapshot.ReadFile(f.live)
	}
	zone, err := f.zone.read()
	if err != nil {
		return nil, err
	}
	for _, left := range zone.LeftOut() {
		fmt.Fprintf(stderr, "Left out: %s\n", inert.Text(left))
	}
	return zone.Account, nil
}

// start makes the simulator that the flags describe.
func (f simulatorFlags) start(account *snapshot.Account, c runclock.Clock, log *slog.Logger) (_ *simulator.Simulator, err error) {
	options := simulator.Options{Account: account, AccountID: f.account, Key: f.key, Secret: f.secret, Seed: f.seed, Clock: c, Log: log}
	if host, _, err := net.SplitHostPort(f.listen); err == nil {
		options.ControlHosts = []string{host}
	}
	if options.Faults, err = readOptions(f.faults, simulator.ReadFaults); err != nil {
		return nil, err
	}
	if f.hostile {
		options.Faults = simulator.Hostile()
	}
	if options.Market, err = readOptions(f.market, simulator.ReadMarket); err != nil {
		return nil, err
	}
	if err := f.settings.options(&options); err != nil {
		return nil, err
	}
	if options.Readings, err = readReadings(f.readings); err != nil {
		return nil, err
	}
	if f.limits != "" {
		if err := oneOf("--limit-profile", f.limits, simulator.LimitProfiles()...); err != nil {
			return nil, err
		}
		options.Faults.LimitProfile = f.limits
	}
	sim := simulator.New(options)
	return sim, f.moveClock(sim)
}

// moveClock has the account begin at the time that the flags say.
func (f simulatorFlags) moveClock(sim *simulator.Simulator) error {
	if f.now == "" {
		return nil
	}
	now, err := time.Parse(time.RFC3339, f.now)
	if err != nil {
		return fmt.Errorf("--now %s: a time like 2027-01-01T00:00:00Z is expected", f.now)
	}
	if err := sim.MoveClock(now.Sub(sim.Now())); err != nil {
		return fmt.Errorf("--now %s: %w: give a time to come", f.now, err)
	}
	return nil
}

// readingHelp lists the readings and their values, the default one first.
func readingHelp() string {
	var all []string
	for _, r := range simulator.ReadingTable() {
		all = append(all, r.Name+" ("+strings.Join(r.Values, ", ")+")")
	}
	return "Names, with their values, the default one first: " + strings.Join(all, "; ")
}

// readReadings reads NAME=VALUE texts.
func readReadings(texts []string) (r simulator.Readings, err error) {
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return r, fmt.Errorf("--reading %s: NAME=VALUE is expected", text)
		}
		if err := r.Set(name, value); err != nil {
			return r, fmt.Errorf("--reading %s: %w", text, err)
		}
	}
	return r, nil
}

// readOptions reads options from a file; none where no file is named.
func readOptions[T any](name string, read func(io.Reader) (T, error)) (options T, err error) {
	if name == "" {
		return options, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return options, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	if options, err = read(file); err != nil {
		return options, fmt.Errorf("%s: %w", name, err)
	}
	return options, nil
}

// serve answers requests until the context ends.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	return serveBy(ctx, &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}, listener)
}

// serveBy has a server answer at a listener until the context ends.
func serveBy(ctx context.Context, server *http.Server, listener net.Listener) error {
	ended := make(chan error, 1)
	var group conc.WaitGroup
	group.Go(func() { ended <- server.Serve(listener) })
	defer group.Wait()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		// Requests that a fault lets hang would never end by themselves.
		if err := server.Close(); err != nil {
			return err
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}
