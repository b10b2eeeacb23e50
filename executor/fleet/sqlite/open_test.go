package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/internal/clock"
)

// TestWhoMayNotWriteIsToldWhatToDo: a reader writes files beside the database, too.
func TestWhoMayNotWriteIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	table, err := Create(t.Context(), dir, clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fileName)
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing was written
	_, err = db.ExecContext(t.Context(), "CREATE TABLE more (a)")
	if said := unusable(path, err); err == nil || !strings.Contains(said.Error(), "the user that domainsync serve runs as") || !errors.Is(said, err) {
		t.Errorf("%v is told as %v", err, said)
	}
}
