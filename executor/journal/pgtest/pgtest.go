// Package pgtest starts PostgreSQL for tests: a cluster of its own in a temporary
// directory, on a free port of the loopback interface.
package pgtest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// Required is the environment variable that makes it a failure where a server is
// not installed; elsewhere a test that needs one is skipped.
const Required = "DOMAINSYNC_TEST_SERVERS"

// A Cluster is a server of PostgreSQL. Its databases order texts as people do, and
// lose what was committed last when they are killed, unless a transaction asks for
// more: what rests on either shows.
type Cluster struct {
	t         testing.TB
	bin, dir  string
	port      int
	databases atomic.Int64
	settings  []string // that stand over the usual ones
	server    *exec.Cmd
}

// Start makes a cluster and starts it for the time of a test. Settings such as
// fsync=on stand over the usual ones.
func Start(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	c := &Cluster{t: t, bin: find(t, "postgres"), dir: directory(t), port: freePort(t), settings: settings}
	initdb := c.command("initdb", "-D", c.data(), "-U", "domainsync", "-A", "trust", "-E", "UTF8", "--no-sync",
		"--locale=C", "--locale-provider=icu", "--icu-locale=en")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	c.Begin()
	t.Cleanup(func() { c.End(syscall.SIGINT) })
	return c
}

// Bin returns the directory of the programs of PostgreSQL.
func (c *Cluster) Bin() string { return c.bin }

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// Restored makes a copy of the cluster from a backup of its files, as it is now,
// and starts it for the time of a test: with a recovery, as backups are put back.
func (c *Cluster) Restored() *Cluster {
	c.t.Helper()
	copied := c.copy()
	copied.write("recovery.signal", "")
	copied.write("postgresql.auto.conf", "restore_command = 'false'\n")
	copied.Begin()
	return copied
}

// Replica makes a copy of the cluster that follows it, and starts it for the time
// of a test.
func (c *Cluster) Replica() *Cluster {
	c.t.Helper()
	copied := c.copy("--write-recovery-conf")
	copied.start("database system is ready to accept read-only connections")
	return copied
}

// Promote makes a replica a server of its own, with what it has got until then.
func (c *Cluster) Promote() {
	c.t.Helper()
	promote := c.command("pg_ctl", "promote", "-w", "-D", c.data())
	if out, err := promote.CombinedOutput(); err != nil {
		c.t.Fatalf("pg_ctl promote: %v\n%s", err, out)
	}
}

// copy makes a copy of the files of a cluster that runs.
func (c *Cluster) copy(args ...string) *Cluster {
	c.t.Helper()
	copied := &Cluster{t: c.t, bin: c.bin, dir: directory(c.t), port: freePort(c.t)}
	backup := copied.command("pg_basebackup", append(args, "-D", copied.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(c.port), "-U", "domainsync", "-c", "fast", "--no-sync")...)
	if out, err := backup.CombinedOutput(); err != nil {
		c.t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	c.t.Cleanup(func() { copied.End(syscall.SIGINT) })
	return copied
}

// write writes a file among those of the cluster.
func (c *Cluster) write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.data(), name), []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// Moved returns the URL of a database in this cluster that has the URL in another
// one.
func (c *Cluster) Moved(database string) string {
	u, err := url.Parse(database)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.url(c.port, strings.TrimPrefix(u.Path, "/"))
}

// Begin starts the server.
func (c *Cluster) Begin() {
	c.t.Helper()
	c.start("database system is ready to accept connections")
}

// start starts the server and returns when it says that it is ready.
func (c *Cluster) start(ready string) {
	c.t.Helper()
	c.server = c.command("postgres", "-D", c.data(), "-p", strconv.Itoa(c.port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "wal_writer_delay=10s", "-c", "max_connections=200")
	for _, setting := range c.settings {
		c.server.Args = append(c.server.Args, "-c", setting)
	}
	begin(c.t, c.server, ready)
}

// End ends the server by a signal: SIGINT in order, SIGQUIT as a crash would.
func (c *Cluster) End(signal syscall.Signal) {
	c.t.Helper()
	if c.server != nil {
		end(c.t, c.server, signal)
		c.server = nil
	}
}

// Dumped makes a database with what another one has, as a dump tells it, and
// returns its URL.
func (c *Cluster) Dumped(t testing.TB, database string) string {
	t.Helper()
	dump, err := exec.CommandContext(t.Context(), filepath.Join(c.bin, "pg_dump"), database).Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	made := c.NewDatabase(t)
	restore := exec.CommandContext(t.Context(), filepath.Join(c.bin, "psql"), "-q", "-v", "ON_ERROR_STOP=1", made)
	restore.Stdin = bytes.NewReader(dump)
	if out, err := restore.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	return made
}

// Database makes an empty database and returns its URL.
func (c *Cluster) Database(t *testing.T) string {
	t.Helper()
	return c.NewDatabase(t)
}

// NewDatabase is Database for benchmarks as well.
func (c *Cluster) NewDatabase(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", c.databases.Add(1))
	create := exec.CommandContext(t.Context(), filepath.Join(c.bin, "createdb"), "-h", "127.0.0.1", "-p", strconv.Itoa(c.port), "-U", "domainsync", "-T", "template0", name)
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("createdb: %v\n%s", err, out)
	}
	return c.url(c.port, name)
}

func (c *Cluster) url(port int, name string) string {
	return (&url.URL{Scheme: "postgres", User: url.User("domainsync"), Host: fmt.Sprintf("127.0.0.1:%d", port), Path: "/" + name, RawQuery: "sslmode=disable"}).String()
}

// Pooled starts a pooler before the cluster, for the time of a test, that gives a
// connection to each transaction, and returns how the URL of a database becomes
// one that goes through it.
func (c *Cluster) Pooled() func(database string) string {
	c.t.Helper()
	bin := filepath.Join(find(c.t, "pgbouncer"), "pgbouncer")
	port := freePort(c.t)
	settings := filepath.Join(c.dir, fmt.Sprintf("pgbouncer-%d.ini", port)) // tests beside this one have poolers, too
	text := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\nmax_client_conn = 500\ndefault_pool_size = 20\n", c.port, port)
	text = strings.Replace(text, fmt.Sprintf("port=%d\n", c.port), fmt.Sprintf("port=%d user=domainsync\n", c.port), 1)
	if err := os.WriteFile(settings, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
	server := exec.Command(bin, settings) //nolint:noctx // it is ended in order
	asNobody(c.t, server)
	begin(c.t, server, "process up")
	c.t.Cleanup(func() { end(c.t, server, syscall.SIGTERM) })
	return func(database string) string {
		u, err := url.Parse(database)
		if err != nil {
			c.t.Fatal(err)
		}
		return c.url(port, strings.TrimPrefix(u.Path, "/"))
	}
}

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...) //nolint:noctx // it is ended in order
	cmd.Dir = c.dir
	asNobody(c.t, cmd)
	return cmd
}

// begin starts a server and returns when it says that it is ready.
func begin(t testing.TB, cmd *exec.Cmd, ready string) {
	t.Helper()
	log, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
		if strings.Contains(lines.Text(), ready) {
			go io.Copy(io.Discard, log) //nolint:errcheck // it ends with the server
			return
		}
	}
	t.Fatalf("%s ended: %v\n%s", cmd.Path, cmd.Wait(), said.String())
}

func end(t testing.TB, cmd *exec.Cmd, signal syscall.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(signal); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // a signal is no good end
}

// find returns the directory of a server's program.
func find(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	places, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is a good one
	places = append(places, "/usr/sbin/"+name)
	for i := range places {
		if path := places[len(places)-1-i]; executable(path) {
			return filepath.Dir(path)
		}
	}
	if os.Getenv(Required) != "" {
		t.Fatalf("%s is not installed, and %s asks for it", name, Required)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// directory makes a directory that the servers may use. That of the test itself
// is closed to others.
func directory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "domainsync-pg-") //nolint:usetesting // a test's own is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if os.Getuid() == 0 {
		uid, gid := nobody(t)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// asNobody has a server run without rights, as it insists to.
func asNobody(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	uid, gid := nobody(t)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func nobody(t testing.TB) (uid, gid int) {
	t.Helper()
	u, err := user.Lookup("nobody")
	if err == nil {
		uid, err = strconv.Atoi(u.Uid)
	}
	if err == nil {
		gid, err = strconv.Atoi(u.Gid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return uid, gid
}

// freePort returns a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nobody used it
	return l.Addr().(*net.TCPAddr).Port
}
