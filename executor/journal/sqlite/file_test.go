package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/sqlite"
)

// copied copies the files of a journal that have one of the endings, as they are
// at that moment: what a death of the process would leave, or a person takes.
func copied(t *testing.T, dir string, endings ...string) string {
	t.Helper()
	to := t.TempDir()
	for _, ending := range endings {
		data, err := os.ReadFile(filepath.Join(dir, sqlite.FileName+ending))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		check(t, err)
		check(t, os.WriteFile(filepath.Join(to, sqlite.FileName+ending), data, 0o600))
	}
	return to
}

// both opens a journal for reading, then for writing, and hands each error to f.
// The order matters: a reader leaves an empty -wal behind, a writer removes it.
func both(t *testing.T, dir string, f func(how string, j *journal.Journal, err error)) {
	t.Helper()
	for _, o := range []journal.Options{{ReadOnly: true}, {}} {
		how := "to write"
		if o.ReadOnly {
			how = "to read"
		}
		j, err := journal.Open(t.Context(), dir, o)
		f(how, j, err)
		if err == nil {
			check(t, j.Close())
		}
	}
}

// recorded is a journal that a run is writing to.
func recorded(t *testing.T) (dir string, j *journal.Journal) {
	t.Helper()
	dir = t.TempDir()
	j = open(t, dir, journal.Options{})
	l := begin(t, j)
	must[[]*journal.Batch](t)(l.Intend(t.Context(), []journal.Intent{intent("a.example/x#set")}))
	return dir, j
}

// TestJournalWithoutItsLastPart: the -wal that a killed run left holds facts, and
// a journal without it would have forgotten them in silence.
func TestJournalWithoutItsLastPart(t *testing.T) {
	t.Parallel()
	dir, _ := recorded(t)
	both(t, copied(t, dir, ""), func(how string, _ *journal.Journal, err error) {
		e, ok := errors.AsType[*journal.FileError](err)
		if !ok || !strings.Contains(err.Error(), sqlite.FileName+"-wal, which holds what a run wrote") || !strings.Contains(err.Error(), "make an empty file of that name") {
			t.Errorf("%s: %v", how, err)
		} else if _, err := os.Stat(e.Path + "-wal"); err == nil {
			t.Errorf("%s: the missing file was made", how)
		}
	})
	whole := copied(t, dir, "", "-wal")
	both(t, whole, func(how string, j *journal.Journal, err error) {
		check(t, err)
		if runs := must[[]journal.Run](t)(j.Runs(t.Context())); len(runs) != 1 {
			t.Errorf("%s with its -wal it has %d runs", how, len(runs))
		}
	})
	if there(filepath.Join(whole, sqlite.FileName+"-wal")) {
		t.Error("the -wal stays where the journal was closed")
	}
	both(t, copied(t, whole, ""), func(how string, j *journal.Journal, err error) {
		check(t, err)
		if batches := must[*journal.Ledger](t)(j.Ledger(t.Context(), 1)).Batches; len(batches) != 1 {
			t.Errorf("%s after it was closed it has %d batches", how, len(batches))
		}
	})
}

// TestJournalThatIsTakenAsItIs follows the way out that the error names.
func TestJournalThatIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	dir, _ := recorded(t)
	part := copied(t, dir, "")
	check(t, os.WriteFile(filepath.Join(part, sqlite.FileName+"-wal"), nil, 0o600))
	both(t, part, func(how string, _ *journal.Journal, err error) {
		if err != nil {
			t.Errorf("%s: %v", how, err)
		}
	})
}

// TestJournalsOfReadersAlone: a reader that comes after a kill leaves what the
// next writer needs.
func TestJournalsOfReadersAlone(t *testing.T) {
	t.Parallel()
	dir, _ := recorded(t)
	killed := copied(t, dir, "", "-wal")
	for range 3 {
		j := must[*journal.Journal](t)(journal.Open(t.Context(), killed, journal.Options{ReadOnly: true}))
		if runs := must[[]journal.Run](t)(j.Runs(t.Context())); len(runs) != 1 {
			t.Errorf("a reader finds %d runs", len(runs))
		}
		check(t, j.Close())
	}
	j := open(t, killed, journal.Options{})
	if runs := must[[]journal.Run](t)(j.Runs(t.Context())); len(runs) != 1 {
		t.Errorf("after readers it has %d runs", len(runs))
	}
}

// TestJournalsThatNoRunLeft: what is no journal is never taken for a new one,
// and stays as it is.
func TestJournalsThatNoRunLeft(t *testing.T) {
	t.Parallel()
	dir, j := recorded(t)
	check(t, j.Close())
	whole := must[[]byte](t)(os.ReadFile(filepath.Join(dir, sqlite.FileName)))
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"an empty file":                    {[]byte{}, "is empty, and no run leaves it so"},
		"a text":                           {[]byte(strings.Repeat("not a database\n", 100)), "is not a database"},
		"a few bytes":                      {whole[:50], "is not a database"},
		"a cut journal":                    {whole[:len(whole)-4096], "is cut: it has "},
		"a journal that is overwritten":    {append(whole[:100:100], make([]byte, len(whole)-100)...), "cannot be used"},
		"the database of another program":  {database(t, `CREATE TABLE cookies (name TEXT)`), "is the database of another program"},
		"another program's, by its number": {database(t, `PRAGMA application_id = 252006674`, `CREATE TABLE cookies (name TEXT)`), "is the database of another program"},
		"another program's with goose":     {database(t, `CREATE TABLE goose_db_version (id INTEGER, version_id INTEGER)`), "is the database of another program"},
		"another program's, in use":        {database(t, `PRAGMA user_version = 1`, `CREATE TABLE bindings (name TEXT)`), "is the database of another program"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, sqlite.FileName)
			check(t, os.WriteFile(path, test.file, 0o600))
			both(t, dir, func(how string, _ *journal.Journal, err error) {
				if _, ok := errors.AsType[*journal.FileError](err); !ok || !strings.Contains(err.Error(), "the journal "+path+" "+test.want) || !strings.Contains(err.Error(), "look at domainsync tasks list first") {
					t.Errorf("%s: %v", how, err)
				}
				if now := must[[]byte](t)(os.ReadFile(path)); string(now) != string(test.file) {
					t.Errorf("%s: the file was changed", how)
				}
			})
		})
	}
}

// database returns a database that statements made.
func database(t *testing.T, statements ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	db := must[*sql.DB](t)(sql.Open("sqlite", path))
	for _, s := range statements {
		must[sql.Result](t)(db.ExecContext(t.Context(), s))
	}
	check(t, db.Close())
	return must[[]byte](t)(os.ReadFile(path))
}

func TestJournalThatIsMissingOrUnreadable(t *testing.T) {
	t.Parallel()
	dir, _ := recorded(t)
	both(t, copied(t, dir, "-wal"), func(how string, _ *journal.Journal, err error) {
		if err == nil || !strings.Contains(err.Error(), "is missing, though ") {
			t.Errorf("%s with the -wal alone: %v", how, err)
		}
	})
	folder := t.TempDir()
	check(t, os.Mkdir(filepath.Join(folder, sqlite.FileName), 0o700))
	both(t, folder, func(how string, _ *journal.Journal, err error) {
		if err == nil || !strings.Contains(err.Error(), "is a directory") {
			t.Errorf("%s with a directory: %v", how, err)
		}
	})
	closed := copied(t, dir, "", "-wal")
	check(t, os.Chmod(filepath.Join(closed, sqlite.FileName), 0))
	if _, err := os.ReadFile(filepath.Join(closed, sqlite.FileName)); err == nil {
		t.Skip("this user may read everything")
	}
	both(t, closed, func(how string, _ *journal.Journal, err error) {
		if err == nil || !strings.Contains(err.Error(), "cannot be read: permission denied; give this user the right") {
			t.Errorf("%s without the right to: %v", how, err)
		}
	})
}

// TestJournalThatIsElsewhere: a link that leads nowhere is no missing journal, and
// what is no file is not opened, which could wait for ever.
func TestJournalThatIsElsewhere(t *testing.T) {
	t.Parallel()
	for want, links := range map[string]map[string]string{
		"is a link to a file that is not there; mount the disk": {sqlite.FileName: "missing/" + sqlite.FileName},
		"-wal is a link to a file that is not there":            {sqlite.FileName + "-wal": "missing"},
		"is no file, but a pipe or a device":                    {sqlite.FileName: os.DevNull},
		"-journal is no file, but a pipe or a device":           {sqlite.FileName + "-journal": os.DevNull},
	} {
		dir := t.TempDir()
		for name, target := range links {
			check(t, os.Symlink(target, filepath.Join(dir, name)))
		}
		both(t, dir, func(how string, _ *journal.Journal, err error) {
			if err == nil || !strings.Contains(err.Error(), "the journal "+filepath.Join(dir, sqlite.FileName)) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want …%s…", how, err, want)
			}
		})
	}
	link := filepath.Join(t.TempDir(), "state")
	check(t, os.Symlink("missing", link))
	both(t, link, func(how string, _ *journal.Journal, err error) {
		if err == nil || !strings.Contains(err.Error(), "the state directory "+link+" is a link to a directory that is not there") {
			t.Errorf("%s a directory that is elsewhere: %v", how, err)
		}
	})
}

// TestDamagedJournalIsNamed: whichever page is damaged, an error names the file.
func TestDamagedJournalIsNamed(t *testing.T) {
	t.Parallel()
	from := t.TempDir()
	j := open(t, from, journal.Options{})
	l := begin(t, j)
	must[[]*journal.Batch](t)(l.Intend(t.Context(), []journal.Intent{intent("a.example/x#set")}))
	check(t, j.Close())
	whole := must[[]byte](t)(os.ReadFile(filepath.Join(from, sqlite.FileName)))
	named := 0
	for at := 4096; at < len(whole); at += 4096 {
		broken := bytes.Clone(whole)
		for i := range 4096 {
			broken[at+i] = 0xff
		}
		dir := t.TempDir()
		path := filepath.Join(dir, sqlite.FileName)
		check(t, os.WriteFile(path, broken, 0o600))
		err := readAll(t, dir)
		if err != nil && !strings.Contains(err.Error(), "the journal "+path) {
			t.Errorf("page %d: %v", at/4096+1, err)
		}
		if _, ok := errors.AsType[*journal.FileError](err); ok {
			named++
		}
	}
	if named == 0 {
		t.Error("no damage was seen")
	}
}

// readAll reads what a journal holds of the first run.
func readAll(t *testing.T, dir string) error {
	t.Helper()
	j, err := journal.Open(t.Context(), dir, journal.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	_, _, bound := j.Binding(t.Context())
	_, runs := j.Runs(t.Context())
	_, ledger := j.Ledger(t.Context(), 1)
	return errors.Join(bound, runs, ledger, j.Close())
}

// TestNewJournalIsThereAsAWhole: whatever an earlier attempt to make one left.
func TestNewJournalIsThereAsAWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, leftover := range []string{".new", ".new-wal", ".new-shm"} {
		check(t, os.WriteFile(filepath.Join(dir, sqlite.FileName+leftover), []byte("half"), 0o600))
	}
	begin(t, open(t, dir, journal.Options{}))
	for _, leftover := range []string{".new", ".new-wal", ".new-shm"} {
		if there(filepath.Join(dir, sqlite.FileName+leftover)) {
			t.Errorf("%s stays", leftover)
		}
	}
}

// TestUnusedJournalIsLeftAlone: a run that records nothing does not write.
func TestUnusedJournalIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir, j := recorded(t)
	check(t, j.Close())
	before := must[[]byte](t)(os.ReadFile(filepath.Join(dir, sqlite.FileName)))
	both(t, dir, func(_ string, _ *journal.Journal, err error) { check(t, err) })
	if after := must[[]byte](t)(os.ReadFile(filepath.Join(dir, sqlite.FileName))); string(after) != string(before) {
		t.Error("opening it changed it")
	}
}

// TestFullDiskSpoilsNoJournal: who is told to put a whole file back, or to move it
// away, loses what it holds.
func TestFullDiskSpoilsNoJournal(t *testing.T) {
	t.Parallel()
	_, db := opened(t, t.TempDir())
	must[sql.Result](t)(db.ExecContext(t.Context(), "PRAGMA max_page_count = 1"))
	_, full := db.ExecContext(t.Context(), "CREATE TABLE more AS SELECT randomblob(1000000)")
	must[sql.Result](t)(db.ExecContext(t.Context(), "PRAGMA query_only = 1"))
	_, closed := db.ExecContext(t.Context(), "CREATE TABLE less (a)")
	for want, err := range map[string]error{"give its disk room": full, "the right to write it": closed} {
		if err == nil {
			t.Fatalf("nothing failed where the way out is to %s", want)
		}
		if text := sqlite.Unusable("journal.db", err).Error(); !strings.Contains(text, want) || strings.Contains(text, "move") || strings.Contains(text, "backup") {
			t.Errorf("told is %q", text)
		}
	}
}
