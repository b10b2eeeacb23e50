package sqlite_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/sqlite"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/personal"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string, o journal.Options) *journal.Journal {
	t.Helper()
	j := must[*journal.Journal](t)(journal.Open(t.Context(), dir, o))
	t.Cleanup(func() { check(t, j.Close()) })
	return j
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func begin(t *testing.T, j *journal.Journal) *journal.Ledger {
	t.Helper()
	return must[*journal.Ledger](t)(j.Begin(t.Context(), journal.Run{
		Kind: journal.Apply, Began: noon, ConfigHash: "c", PlanID: "p", Plan: []byte("the plan"), Declared: []string{"a.example", "b.example"},
	}))
}

func intent(step string) journal.Intent {
	name, _, _ := strings.Cut(step, "/")
	return journal.Intent{Operation: "Op", Key: "Op&x", Request: map[string]string{"DomainName.1": name}, Steps: []string{step}, Names: []string{name}, At: noon}
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// opened is a store of SQLite alone, and its database.
func opened(t *testing.T, dir string) (store.Store, *sql.DB) {
	t.Helper()
	s := must[store.Store](t)(sqlite.Open(t.Context(), dir, store.Options{}))
	t.Cleanup(func() { check(t, s.Close()) })
	return s, sqlite.DB(s)
}

// TestReadersOfOtherVersions shows that a journal of an older version is
// brought up to date where nobody holds it, and that a newer one is refused.
func TestReadersOfOtherVersions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, sqlite.FileName)
	check(t, os.WriteFile(path, must[[]byte](t)(os.ReadFile("testdata/version3.db")), 0o600))
	held := flock.New(filepath.Join(dir, "lock"))
	must[bool](t)(held.TryLock())
	_, err := journal.Open(t.Context(), dir, journal.Options{ReadOnly: true})
	if _, ok := errors.AsType[*journal.LockedError](err); !ok {
		t.Errorf("an older journal that is held: %v", err)
	}
	check(t, held.Close())
	j := must[*journal.Journal](t)(journal.Open(t.Context(), dir, journal.Options{ReadOnly: true}))
	if runs := must[[]journal.Run](t)(j.Runs(t.Context())); len(runs) != 3 {
		t.Errorf("brought up to date it has %d runs", len(runs))
	}
	check(t, j.Close())

	s := must[store.Store](t)(sqlite.Open(t.Context(), dir, store.Options{}))
	must[sql.Result](t)(sqlite.DB(s).ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (1000, true)`))
	check(t, s.Close())
	for _, o := range []journal.Options{{ReadOnly: true}, {}} {
		if _, err := journal.Open(t.Context(), dir, o); err == nil || !strings.Contains(err.Error(), "newer domainsync") {
			t.Errorf("a newer journal, %+v: %v", o, err)
		}
	}
}

// TestConversionLeavesNothing: the tables of before are gone or empty, and so is
// their room.
func TestConversionLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := must[[]byte](t)(os.ReadFile("testdata/version3.db"))
	check(t, os.WriteFile(filepath.Join(dir, sqlite.FileName), before, 0o600))
	s, db := opened(t, dir)
	var tables string
	check(t, db.QueryRowContext(t.Context(), `SELECT group_concat(name, ' ' ORDER BY name) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`).Scan(&tables))
	if tables != "bindings goose_db_version intents lease records submissions" {
		t.Errorf("there are the tables %s", tables)
	}
	check(t, s.Close())
	if after := must[os.FileInfo](t)(os.Stat(filepath.Join(dir, sqlite.FileName))).Size(); after >= int64(len(before)) {
		t.Errorf("it takes %d bytes, and took %d", after, len(before))
	}
}

// TestFormerProgramsSeeANewerJournal: a program of before takes a database for a
// journal by four tables, and looks at the version only then. One that is newer must
// be told as that, and never as another program's, which another directory would
// be the way out of.
func TestFormerProgramsSeeANewerJournal(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"", "version3.db", "version5.db"} {
		dir := t.TempDir()
		if from != "" {
			check(t, os.WriteFile(filepath.Join(dir, sqlite.FileName), must[[]byte](t)(os.ReadFile("testdata/"+from)), 0o600))
		}
		_, db := opened(t, dir)
		var known, version int
		check(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('goose_db_version', 'bindings', 'intents', 'submissions')`).Scan(&known))
		check(t, db.QueryRowContext(t.Context(), `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&version))
		if known != 4 || version <= 5 {
			t.Errorf("from %q: %d of 4 tables at version %d", from, known, version)
		}
		for _, table := range []string{"bindings", "intents", "submissions"} {
			var rows int
			check(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&rows))
			if rows > 0 {
				t.Errorf("from %q: %s has %d rows", from, table, rows)
			}
		}
	}
}

func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	begin(t, open(t, dir, journal.Options{}))
	if mode := must[os.FileInfo](t)(os.Stat(dir)).Mode().Perm(); mode != 0o700 {
		t.Errorf("the directory has mode %o", mode)
	}
	files := must[[]os.DirEntry](t)(os.ReadDir(dir))
	if len(files) < 3 {
		t.Errorf("only %v", files)
	}
	for _, f := range files {
		if mode := must[os.FileInfo](t)(f.Info()).Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", f.Name(), mode)
		}
	}
}

func TestWritesAreDurable(t *testing.T) {
	t.Parallel()
	_, db := opened(t, t.TempDir())
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		check(t, db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s, db := opened(t, t.TempDir())
	j := journal.In(s, journal.Options{})
	l := begin(t, j)
	must[sql.Result](t)(db.ExecContext(t.Context(), "PRAGMA max_page_count = 1"))
	big := intent("a.example/x#set")
	big.Key = strings.Repeat("x", 1<<20)
	_, err := l.Intend(t.Context(), []journal.Intent{big})
	if _, ok := errors.AsType[*journal.WriteError](err); !ok || !strings.Contains(err.Error(), "full") {
		t.Fatalf("got %v, want a WriteError of a full disk", err)
	}
	if _, again := l.Intend(t.Context(), []journal.Intent{intent("b.example/x#set")}); !errors.Is(again, err) {
		t.Errorf("the journal went on: %v", again)
	}
	if !errors.Is(j.Dead(), err) {
		t.Errorf("dead of %v", j.Dead())
	}
}

// TestTurnOfAnother: whose turn is over writes nothing, though the lock did not
// keep the other one out.
func TestTurnOfAnother(t *testing.T) {
	t.Parallel()
	s, db := opened(t, t.TempDir())
	check(t, s.Append(t.Context(), []store.Record{{Kind: "a"}}))
	must[sql.Result](t)(db.ExecContext(t.Context(), `UPDATE lease SET fence = fence + 1`))
	err := s.Append(t.Context(), []store.Record{{Kind: "b"}})
	if lost, ok := errors.AsType[*store.FencedError](err); !ok || lost.Mine != 1 || lost.Now != 2 {
		t.Errorf("got %v", err)
	}
	if err := s.Remove(t.Context(), nil, []int64{1}); err == nil {
		t.Error("it removed a record")
	}
	var kinds []string
	check(t, s.Load(t.Context(), store.Query{}, func(r *store.Record) error {
		kinds = append(kinds, r.Kind)
		return nil
	}))
	if len(kinds) != 1 || kinds[0] != "a" {
		t.Errorf("there are %q", kinds)
	}
}

// TestPruneGivesRoomBack, and stops at a write that fails with all of it there.
func TestPruneGivesRoomBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	died := errors.New("died")
	var dead error
	ctx, o := t.Context(), journal.Options{Hook: func(point string) error {
		if strings.HasPrefix(point, "what is forgotten: before") {
			return dead
		}
		return nil
	}}
	j := must[*journal.Journal](t)(journal.Open(ctx, dir, o))
	for _, steps := range []int{5000, 1} {
		l := begin(t, j)
		n := intent("n.example/x#set")
		n.Steps = slices.Repeat(n.Steps, steps)
		b := must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{n}))[0]
		check(t, l.Fail(ctx, journal.CallFailure{Batch: b.Batch, Kind: journal.CallRefused, At: noon}))
		check(t, l.Mark(ctx, journal.Mark{Name: journal.Ended, At: noon}))
	}
	dead = died
	if _, err := j.Prune(ctx, noon.Add(time.Hour)); !errors.Is(err, died) {
		t.Errorf("got %v", err)
	}
	check(t, j.Close())
	size := func() int64 {
		return must[os.FileInfo](t)(os.Stat(filepath.Join(dir, sqlite.FileName))).Size()
	}
	full := size()
	j = must[*journal.Journal](t)(journal.Open(ctx, dir, journal.Options{}))
	if runs := must[[]journal.Run](t)(j.Runs(ctx)); len(runs) != 2 {
		t.Errorf("%d runs after a prune that did not write", len(runs))
	}
	must[journal.Pruned](t)(j.Prune(ctx, noon.Add(time.Hour)))
	check(t, j.Close())
	if now := size(); now > full/2 {
		t.Errorf("%d of %d bytes are left", now, full)
	}
}

// TestRoomOfTheForgottenIsGivenLater: while another process reads, what is forgotten
// still lies in the log of the database; who forgets again gives its room, though
// there is nobody to forget any more.
func TestRoomOfTheForgottenIsGivenLater(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	s, db := opened(t, dir)
	j := journal.In(s, journal.Options{})
	persons := must[*journal.Persons](t)(j.NewPersons(ctx))
	persons.Add([]personal.Text{{Field: "name", Text: "Planted Person"}})
	must[*journal.Ledger](t)(j.Begin(ctx, journal.Run{Kind: journal.Apply, Began: noon, Plan: []byte("{}"), Persons: persons}))
	must[sql.Result](t)(db.ExecContext(ctx, "PRAGMA busy_timeout = 0"))
	reader := must[*sql.DB](t)(sql.Open("sqlite", "file:"+filepath.Join(dir, sqlite.FileName)))
	tx := must[*sql.Tx](t)(reader.BeginTx(ctx, nil))
	var records int
	check(t, tx.QueryRowContext(ctx, `SELECT count(*) FROM records`).Scan(&records))
	planted := func() bool { return lies(t, dir, "Planted Person") }
	everybody := func(journal.Person) bool { return true }
	if n, err := j.Forget(ctx, everybody); n != 1 || !journal.RoomKept(err) || !planted() {
		t.Fatalf("%d persons were forgotten beside a reader: %v; still there: %v", n, err, planted())
	}
	check(t, errors.Join(tx.Rollback(), reader.Close()))
	if n, err := j.Forget(ctx, everybody); n != 0 || err != nil || planted() {
		t.Errorf("%d persons were forgotten again: %v; still there: %v", n, err, planted())
	}
}

// TestRoomOfPrunedRunsIsGivenLater: while another process reads, a run that was pruned
// still lies in the log of the database. The next one to prune gives its room, though
// no run is left to be pruned, and the one after that does nothing.
func TestRoomOfPrunedRunsIsGivenLater(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	s, db := opened(t, dir)
	j := journal.In(s, journal.Options{})
	for _, text := range []string{"what was planted", "the last one"} {
		l := must[*journal.Ledger](t)(j.Begin(ctx, journal.Run{Kind: journal.Apply, Began: noon, ConfigHash: text}))
		check(t, l.Mark(ctx, journal.Mark{Name: journal.Ended, At: noon}))
	}
	must[sql.Result](t)(db.ExecContext(ctx, "PRAGMA busy_timeout = 0"))
	reader := must[*sql.DB](t)(sql.Open("sqlite", "file:"+filepath.Join(dir, sqlite.FileName)))
	tx := must[*sql.Tx](t)(reader.BeginTx(ctx, nil))
	var records int
	check(t, tx.QueryRowContext(ctx, `SELECT count(*) FROM records`).Scan(&records))
	for _, step := range []struct {
		what       string
		runs       int
		kept, lies bool
	}{{"beside a reader", 1, true, true}, {"beside it again", 0, true, true}, {"without it", 0, false, false}, {"once more", 0, false, false}} {
		if step.what == "without it" {
			check(t, errors.Join(tx.Rollback(), reader.Close()))
		}
		p, err := j.Prune(ctx, noon.Add(time.Hour))
		if len(p.Runs) != step.runs || journal.RoomKept(err) != step.kept || err != nil && !step.kept || lies(t, dir, "what was planted") != step.lies {
			t.Errorf("%s: %+v, %v", step.what, p, err)
		}
		_, room, err := j.Outdated(ctx, noon)
		if check(t, err); room != step.kept {
			t.Errorf("%s: room is taken: %v", step.what, room)
		}
	}
}

// lies reports whether a text lies in the files of a directory.
func lies(t *testing.T, dir, text string) bool {
	t.Helper()
	found := false
	for _, file := range must[[]string](t)(filepath.Glob(filepath.Join(dir, "*"))) {
		found = found || strings.Contains(string(must[[]byte](t)(os.ReadFile(file))), text)
	}
	return found
}

// TestDirectoryThatWasPutBack: a copy of a directory's file may lack what was
// recorded since, so it does not count as whole.
func TestDirectoryThatWasPutBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bound := func() *journal.Loss {
		t.Helper()
		s, err := sqlite.Open(t.Context(), dir, store.Options{})
		check(t, err)
		j := journal.In(s, journal.Options{})
		check(t, j.Bind(t.Context(), "https://domain.example", "1"))
		lost, err := j.NoticeLoss(t.Context())
		check(t, errors.Join(err, j.Close()))
		return lost
	}
	path := filepath.Join(dir, "journal.db")
	for range 2 {
		if lost := bound(); lost != nil {
			t.Errorf("a journal that stays where it is lost something: %+v", lost)
		}
	}
	data, err := os.ReadFile(path)
	check(t, err)
	check(t, os.WriteFile(path+".copy", data, 0o600))
	check(t, os.Rename(path+".copy", path))
	if lost := bound(); lost == nil {
		t.Error("a copy is taken for a whole journal")
	}
	if lost := bound(); lost != nil {
		t.Errorf("it is told twice: %+v", lost)
	}
}
