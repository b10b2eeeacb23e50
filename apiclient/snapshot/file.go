package snapshot

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/textfile"
)

// header is what a file holds besides its lists.
type header struct {
	FormatVersion int       `json:"format_version"`
	Endpoint      string    `json:"endpoint,omitempty"`
	ID            string    `json:"account,omitempty"`
	ReadAt        time.Time `json:"read_at"`
}

// Write writes the account as JSON in the current format. Every name has a
// line of its own, in the order of names, so that two files can be compared
// line by line.
func Write(w io.Writer, a *Account) error {
	head, err := json.Marshal(header{FormatVersion, a.Endpoint, a.ID, a.ReadAt.UTC()})
	if err != nil {
		return err
	}
	sorted := Account{
		Domains: a.Domains, Emails: a.Emails, TransfersIn: a.TransfersIn, Absent: a.Absent, Left: a.Left, RegistryLocks: a.RegistryLocks, Profiles: a.Profiles, Failures: a.Failures,
	}
	if !inOrder(a) {
		sorted = Account{
			Domains: slices.Clone(a.Domains), Emails: slices.Clone(a.Emails),
			TransfersIn: slices.Clone(a.TransfersIn), Absent: slices.Clone(a.Absent), Left: slices.Clone(a.Left), RegistryLocks: slices.Clone(a.RegistryLocks), Profiles: slices.Clone(a.Profiles), Failures: slices.Clone(a.Failures),
		}
		sorted.Sort()
	}
	b := bufio.NewWriterSize(w, 1<<16)
	_, _ = b.Write(head[:len(head)-1]) // Flush returns the error
	if err := writeList(b, "domains", sorted.Domains); err != nil {
		return err
	}
	if sorted.Emails != nil {
		if err := writeList(b, "emails", sorted.Emails); err != nil {
			return err
		}
	}
	if sorted.TransfersIn != nil {
		if err := writeList(b, "transfers_in", sorted.TransfersIn); err != nil {
			return err
		}
	}
	if len(sorted.Absent) > 0 {
		if err := writeList(b, "absent", sorted.Absent); err != nil {
			return err
		}
	}
	if len(sorted.Left) > 0 {
		if err := writeList(b, "left", sorted.Left); err != nil {
			return err
		}
	}
	if sorted.RegistryLocks != nil {
		if err := writeList(b, "registry_locks", sorted.RegistryLocks); err != nil {
			return err
		}
	}
	if sorted.Profiles != nil {
		if err := writeList(b, "profiles", sorted.Profiles); err != nil {
			return err
		}
	}
	if len(sorted.Failures) > 0 {
		if err := writeList(b, "failures", sorted.Failures); err != nil {
			return err
		}
	}
	_, _ = b.WriteString("}\n")
	return b.Flush()
}

func inOrder(a *Account) bool {
	return slices.IsSortedFunc(a.Domains, byName) && slices.IsSortedFunc(a.Failures, byDomain) &&
		slices.IsSortedFunc(a.Emails, byAddress) && slices.IsSortedFunc(a.TransfersIn, byTransfer) &&
		slices.IsSortedFunc(a.Absent, byName) && slices.IsSortedFunc(a.Left, byDeparted) && slices.IsSortedFunc(a.RegistryLocks, byRegistryLock) && slices.IsSortedFunc(a.Profiles, byID)
}

// writeList writes a member that is a list, one element a line.
func writeList[T any](b *bufio.Writer, name string, list []T) error {
	_, _ = b.WriteString(",\n\"" + name + "\":[")
	separator := "\n"
	for i := range list {
		line, err := json.Marshal(&list[i])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		_, _ = b.WriteString(separator)
		_, _ = b.Write(line)
		separator = ",\n"
	}
	_, err := b.WriteString("\n]")
	return err
}

// Read reads what [Write] wrote, gzipped or not. Names become canonical and
// sorted; what is not canonical otherwise (the order of nameservers, the case
// of digests) is made so. It refuses a name that stands twice, a member that
// the format does not have, and a version after [FormatVersion]. What it returns
// is of that version.
func Read(r io.Reader) (*Account, error) {
	plain, err := textfile.Decompress(r)
	if err == nil {
		plain, err = textfile.Reader(plain)
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	f := &file{
		scanner: scanner{r: plain, line: 1, at: 1},
		fast:    fastReader{strings: make(map[string]string)},
	}
	if err := f.read(); err != nil {
		return nil, fmt.Errorf("snapshot: line %d: %w", f.at, err)
	}
	return f.finish()
}

// file is a snapshot file while it is read.
type file struct {
	scanner
	account Account
	chunks  [][]Domain // names are large, and one growing slice would copy them often
	chunk   []Domain   // the one being filled
	fast    fastReader
	sets    Sets // of nameservers
}

func (f *file) read() error {
	if c, err := f.next(); err != nil {
		return err
	} else if c != '{' {
		return errors.New("this is no snapshot: it does not begin with {")
	}
	if err := f.each('{', '}', f.member); err != nil {
		return err
	}
	if c, err := f.next(); c != 0 || err != nil {
		return cmp.Or(err, errors.New("more text follows the snapshot"))
	}
	return nil
}

func (f *file) member() error {
	var key string
	if err := f.decode(&key); err != nil {
		return err
	}
	if err := f.expect(':'); err != nil {
		return err
	}
	a := &f.account
	switch key {
	case "format_version":
		if err := f.decode(&a.FormatVersion); err != nil {
			return err
		}
		return checkVersion(a.FormatVersion)
	case "endpoint":
		return f.decode(&a.Endpoint)
	case "account":
		return f.decode(&a.ID)
	case "read_at":
		return f.decode(&a.ReadAt)
	case "domains":
		return f.list(f.domain)
	case "emails":
		a.Emails = []Email{}
		return f.list(func() error {
			var e Email
			err := f.decode(&e)
			e.Address = CanonicalEmail(e.Address)
			a.Emails = append(a.Emails, e)
			return err
		})
	case "transfers_in":
		a.TransfersIn = []TransferIn{}
		return f.list(func() error {
			var t TransferIn
			err := f.decode(&t)
			t.Domain = wire.LiveName(t.Domain)
			a.TransfersIn = append(a.TransfersIn, t)
			return err
		})
	case "absent":
		return f.list(func() error {
			var d Domain
			err := f.decode(&d)
			d.canonicalize()
			a.Absent = append(a.Absent, d)
			return err
		})
	case "left":
		return f.list(func() error {
			var d Departed
			err := f.decode(&d)
			d.Domain = wire.LiveName(d.Domain)
			a.Left = append(a.Left, d)
			return err
		})
	case "registry_locks":
		a.RegistryLocks = []RegistryLock{}
		return f.list(func() error {
			var l RegistryLock
			err := f.decode(&l)
			l.Domain = wire.LiveName(l.Domain)
			a.RegistryLocks = append(a.RegistryLocks, l)
			return err
		})
	case "profiles":
		a.Profiles = []Profile{}
		return f.list(func() error {
			a.Profiles = append(a.Profiles, Profile{})
			return f.decode(&a.Profiles[len(a.Profiles)-1])
		})
	case "failures":
		return f.list(func() error {
			a.Failures = append(a.Failures, Failure{})
			return f.decode(&a.Failures[len(a.Failures)-1])
		})
	}
	return fmt.Errorf("a snapshot has no member %q", key)
}

func (f *file) domain() error {
	raw, err := f.value()
	if err != nil {
		return err
	}
	d, ok := f.fast.domain(raw)
	if !ok {
		d = Domain{}
		if err := decode(raw, &d); err != nil {
			return err
		}
	}
	if d.Name == "" {
		return errors.New("it is of no name: the member \"name\" is missing")
	}
	d.canonicalize()
	d.Nameservers = f.sets.Of(d.Nameservers)
	if len(f.chunk) == cap(f.chunk) {
		f.chunks = append(f.chunks, f.chunk)
		f.chunk = make([]Domain, 0, min(64+2*len(f.chunk), 8192))
	}
	f.chunk = append(f.chunk, d)
	return nil
}

// list reads a list; null is an empty one.
func (f *file) list(element func() error) error {
	c, err := f.next()
	if err != nil {
		return err
	}
	if c != 'n' {
		return f.each('[', ']', element)
	}
	var null []struct{}
	return f.decode(&null)
}

func checkVersion(v int) error {
	switch {
	case v > FormatVersion:
		return fmt.Errorf("format_version is %d, this program reads %d: use a newer program", v, FormatVersion)
	case v < 1:
		return fmt.Errorf("format_version is %d, this program reads 1 to %d: write the snapshot anew", v, FormatVersion)
	}
	return nil
}

func (f *file) finish() (*Account, error) {
	a := &f.account
	a.Domains = orEmpty(slices.Concat(append(f.chunks, f.chunk)...))
	if a.FormatVersion == 0 {
		return nil, errors.New("snapshot: format_version is missing: is this a snapshot?")
	}
	a.FormatVersion = FormatVersion
	if !inOrder(a) {
		a.Sort()
	}
	for i := 1; i < len(a.Domains); i++ {
		if a.Domains[i].Name == a.Domains[i-1].Name {
			return nil, fmt.Errorf("snapshot: the name %q stands twice in domains", a.Domains[i].Name)
		}
	}
	return a, nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// ReadFile reads the snapshot in a file.
func ReadFile(path string) (*Account, error) { return readFile(path, Read) }

func readFile[T any](path string, read func(io.Reader) (*T, error)) (*T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	a, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// WriteFile writes the account to a file that its owner alone can read, gzipped
// where the path ends in .gz. The file is whole or, after a failure, what it
// was before.
func WriteFile(path string, a *Account) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".snapshot-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(f.Close()), os.Remove(f.Name()))
		}
	}()
	if err := writeTo(f, a, strings.HasSuffix(path, ".gz")); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func writeTo(w io.Writer, a *Account, zipped bool) error {
	if !zipped {
		return Write(w, a)
	}
	z := gzip.NewWriter(w)
	if err := Write(z, a); err != nil {
		return err
	}
	return z.Close()
}

func ignoreClosed(err error) error {
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}
