package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// fileName is the journal in its directory. SQLite keeps what it wrote last
// beside it, in a file of the same name with -wal behind it.
const fileName = "journal.db"

// What the header of a journal says of it. SQLite keeps both numbers for its
// users (https://sqlite.org/fileformat.html, 1.3).
const (
	applicationID = 0x646f6d73 // "doms"
	closed        = 1          // user_version: all facts are in the file
	inUse         = 2          // user_version: the last facts are beside it, in the -wal
)

// A FileError says that the file of a journal is not what a run left there. A
// new journal in its place would forget what was sent and bought.
type FileError struct {
	Path   string
	What   string // what is wrong with it
	Advice string // the way out; "" for the usual one
	Err    error  // nil where nothing failed but the file is wrong
}

// Error says what is wrong, and the way out.
func (e *FileError) Error() string {
	text := fmt.Sprintf("the journal %s %s", e.Path, e.What)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	advice := e.Advice
	if advice == "" {
		advice = "put the file back from a backup, together with the one that has -wal behind its name"
	}
	return text + "; " + advice + ". " + anew
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// anew is the last way out, and what it costs.
const anew = "Only where nothing better is left, move both away: a new journal is begun then, which knows nothing of what was sent or bought, " +
	"so look at domainsync tasks list first; budgets begin anew, and DS records wait for their hold time again"

// inspect looks at the file of a journal without opening it as a database, which
// would make what is missing. It reports whether there is a journal.
func inspect(path string) (bool, error) {
	for _, file := range []string{path, path + "-wal", path + "-shm", path + "-journal"} {
		if err := checkFile(file); err != nil {
			return false, err
		}
	}
	for range 3 { // a run that begins or ends meanwhile looks like a loss
		wal := exists(path + "-wal")
		h, err := readHeader(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && wal:
			return false, &FileError{Path: path, What: "is missing, though " + path + "-wal is there", Advice: "put back the file that belongs to it"}
		case errors.Is(err, fs.ErrNotExist):
			return false, nil
		case err != nil:
			return false, err
		case wal, h.complete():
			return true, nil
		case exists(path + "-wal"):
			continue
		case h.userVersion == inUse:
			return false, &FileError{
				Path: path, What: "lacks its last part: " + path + "-wal, which holds what a run wrote before it was ended, is not there",
				Advice: "put that file back from where the journal was moved or copied, or, to go on with what the journal still holds, make an empty file of that name",
			}
		}
		return false, &FileError{Path: path, What: fmt.Sprintf("is cut: it has %d bytes of %d", h.size, h.pages*h.pageSize)}
	}
	return true, nil
}

// checkFile refuses what would stop a process that opens it, or hide that a journal
// is elsewhere: a link to nothing is no missing file, but one on a disk that is
// not mounted.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && exists(path):
		return &FileError{Path: path, What: "is a link to a file that is not there", Advice: "mount the disk that it lies on, or correct the link"}
	case err != nil:
		return nil //nolint:nilerr // it is told where the file is opened
	case info.IsDir():
		return &FileError{Path: path, What: "is a directory"}
	case !info.Mode().IsRegular():
		return &FileError{Path: path, What: "is no file, but a pipe or a device"}
	}
	return nil
}

// checkDirectory refuses a state directory that is a link to nothing, as
// [checkFile] does.
func checkDirectory(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && exists(dir) {
		return fmt.Errorf("the state directory %s is a link to a directory that is not there: mount the disk that it lies on, or correct the link", dir)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// header is what the first bytes of a database say of it.
type header struct {
	size            int64 // of the file
	pageSize, pages int64
	userVersion     uint32
}

// complete reports whether the file needs nothing beside it.
func (h header) complete() bool {
	return h.userVersion != inUse && h.size >= h.pages*h.pageSize
}

// readHeader reads the header of a journal. It refuses what is none.
func readHeader(path string) (header, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return header{}, err
	}
	if err != nil {
		return header{}, &FileError{Path: path, What: "cannot be read", Advice: "give this user the right to read and write it", Err: errors.Unwrap(err)}
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return header{}, &FileError{Path: path, What: "cannot be read", Err: err}
	case info.Size() == 0:
		return header{}, &FileError{Path: path, What: "is empty, and no run leaves it so"}
	}
	var b [100]byte
	if _, err := io.ReadFull(f, b[:]); err != nil || string(b[:16]) != "SQLite format 3\x00" {
		return header{}, &FileError{Path: path, What: "is not a database"}
	}
	if id := binary.BigEndian.Uint32(b[68:]); id != 0 && id != applicationID {
		return header{}, &FileError{Path: path, What: "is the database of another program", Advice: "name another directory with --state-dir"}
	}
	pageSize := int64(binary.BigEndian.Uint16(b[16:]))
	if pageSize == 1 {
		pageSize = 1 << 16
	}
	return header{
		size: info.Size(), pageSize: pageSize, pages: int64(binary.BigEndian.Uint32(b[28:])),
		userVersion: binary.BigEndian.Uint32(b[60:]),
	}, nil
}

// create makes an empty journal beside its place and puts it there as a whole:
// a process that dies meanwhile leaves no journal, rather than an empty file.
func create(ctx context.Context, path string) error {
	fresh := path + ".new"
	for _, leftover := range []string{fresh, fresh + "-wal", fresh + "-shm"} {
		if err := os.Remove(leftover); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("journal: %w", err)
		}
	}
	// SQLite gives its other files the mode of the first.
	f, err := os.OpenFile(fresh, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := fill(ctx, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return syncDirectory(filepath.Dir(path))
}

// fill makes the tables of a new journal.
func fill(ctx context.Context, path string) error {
	db, err := connectWriter(path)
	if err != nil {
		return err
	}
	err = migrate(ctx, db, path)
	if err == nil {
		_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, closed))
	}
	return errors.Join(err, db.Close())
}

// syncDirectory makes the names of files durable.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	defer d.Close() //nolint:errcheck // it was only read
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("state directory: %w", err)
	}
	return nil
}

// begin marks the file as one that is not complete without its -wal, once, before
// the first fact is written. The mark itself must be in the file.
func (s *Store) begin(ctx context.Context) error {
	if s.open {
		return nil
	}
	if _, err := s.db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, inUse)); err != nil {
		return err
	}
	s.open = true
	if _, err := s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(s.path))
}

// end marks the file as complete and closes it: the last one to close writes the
// -wal into the file and removes it. Where the mark could not be written, as on
// a full disk, an empty -wal says that nothing is missing.
func (s *Store) end() error {
	if s.open {
		_, _ = s.db.ExecContext(s.closing, fmt.Sprintf("PRAGMA user_version = %d", closed)) // told by the header below
	}
	err := s.db.Close()
	if !s.open {
		return err
	}
	if h, headErr := readHeader(s.path); headErr == nil && h.userVersion == inUse && !exists(s.path+"-wal") {
		f, walErr := os.OpenFile(s.path+"-wal", os.O_CREATE|os.O_WRONLY, 0o600)
		if walErr == nil {
			walErr = f.Close()
		}
		err = errors.Join(err, walErr)
	}
	return err
}
