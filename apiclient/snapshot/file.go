package snapshot

import (
	"bufio"
	"bytes"
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
	sorted := Account{Domains: a.Domains, Failures: a.Failures}
	if !slices.IsSortedFunc(a.Domains, byName) || !slices.IsSortedFunc(a.Failures, byDomain) {
		sorted = Account{Domains: slices.Clone(a.Domains), Failures: slices.Clone(a.Failures)}
		sorted.Sort()
	}
	b := bufio.NewWriterSize(w, 1<<16)
	_, _ = b.Write(head[:len(head)-1]) // Flush returns the error
	if err := writeList(b, "domains", sorted.Domains); err != nil {
		return err
	}
	if len(sorted.Failures) > 0 {
		if err := writeList(b, "failures", sorted.Failures); err != nil {
			return err
		}
	}
	_, _ = b.WriteString("}\n")
	return b.Flush()
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
// the format does not have, and a version other than [FormatVersion].
func Read(r io.Reader) (*Account, error) {
	plain, err := gunzip(r)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	f := &file{lines: lines{r: plain}}
	f.account.Domains = []Domain{}
	f.json = json.NewDecoder(&f.lines)
	f.json.DisallowUnknownFields()
	if err := f.read(); err != nil {
		return nil, fmt.Errorf("snapshot: line %d: %w", f.line(err), err)
	}
	return f.finish()
}

// file is a snapshot file while it is read.
type file struct {
	account Account
	json    *json.Decoder
	lines   lines
}

func (f *file) read() error {
	if err := f.expect('{'); err != nil {
		return fmt.Errorf("this is no snapshot: %w", err)
	}
	for f.json.More() {
		key, err := f.json.Token()
		if err != nil {
			return err
		}
		if err := f.member(key); err != nil {
			return err
		}
	}
	if err := f.expect('}'); err != nil {
		return err
	}
	if _, err := f.json.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more text follows the snapshot")
	}
	return nil
}

func (f *file) member(key json.Token) error {
	a := &f.account
	switch key {
	case "format_version":
		if err := f.json.Decode(&a.FormatVersion); err != nil {
			return err
		}
		return checkVersion(a.FormatVersion)
	case "endpoint":
		return f.json.Decode(&a.Endpoint)
	case "account":
		return f.json.Decode(&a.ID)
	case "read_at":
		return f.json.Decode(&a.ReadAt)
	case "domains":
		return f.list(func() error {
			var d Domain
			if err := f.json.Decode(&d); err != nil {
				return err
			}
			if err := d.canonicalize(); err != nil {
				return err
			}
			a.Domains = append(a.Domains, d)
			return nil
		})
	case "failures":
		return f.list(func() error {
			var failure Failure
			if err := f.json.Decode(&failure); err != nil {
				return err
			}
			a.Failures = append(a.Failures, failure)
			return nil
		})
	}
	return fmt.Errorf("a snapshot has no member %q", key)
}

func checkVersion(v int) error {
	switch {
	case v > FormatVersion:
		return fmt.Errorf("format_version is %d, this program reads %d: use a newer program", v, FormatVersion)
	case v != FormatVersion:
		return fmt.Errorf("format_version is %d, this program reads %d: write the snapshot anew", v, FormatVersion)
	}
	return nil
}

// list reads a list, element by element; null is an empty one.
func (f *file) list(element func() error) error {
	begin, err := f.json.Token()
	if err != nil || begin == nil {
		return err
	}
	if begin != json.Delim('[') {
		return fmt.Errorf("found %v instead of a list", begin)
	}
	for f.json.More() {
		if err := element(); err != nil {
			return err
		}
	}
	return f.expect(']')
}

func (f *file) expect(want json.Delim) error {
	got, err := f.json.Token()
	if err != nil {
		return noEOF(err)
	}
	if got != want {
		return fmt.Errorf("found %v instead of %v", got, want)
	}
	return nil
}

// noEOF makes an end of the file that comes too early an error of its own.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// line returns the line at which reading stopped.
func (f *file) line(err error) int {
	n := f.lines.at(f.json.InputOffset())
	if _, ok := errors.AsType[*json.SyntaxError](err); !ok {
		return n
	}
	rest, _ := io.ReadAll(f.json.Buffered()) // a bytes.Reader, which cannot fail
	return n + bytes.Count(rest[:len(rest)-len(bytes.TrimLeft(rest, ", \t\r\n"))], []byte("\n"))
}

func (f *file) finish() (*Account, error) {
	a := &f.account
	if a.FormatVersion == 0 {
		return nil, errors.New("snapshot: format_version is missing: is this a snapshot?")
	}
	a.Sort()
	for i := 1; i < len(a.Domains); i++ {
		if a.Domains[i].Name == a.Domains[i-1].Name {
			return nil, fmt.Errorf("snapshot: the name %q stands twice in domains", a.Domains[i].Name)
		}
	}
	return a, nil
}

// lines is a reader that remembers where lines end.
type lines struct {
	r    io.Reader
	read int64
	ends []int64
}

func (l *lines) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for from := 0; ; {
		i := bytes.IndexByte(p[from:n], '\n')
		if i < 0 {
			break
		}
		l.ends = append(l.ends, l.read+int64(from+i))
		from += i + 1
	}
	l.read += int64(n)
	return n, err
}

// at returns the number of the line that holds the byte at offset.
func (l *lines) at(offset int64) int {
	n, _ := slices.BinarySearch(l.ends, offset)
	return n + 1
}

// gunzip returns what r holds, decompressed where it begins as gzip does
// (RFC 1952, section 2.3.1).
func gunzip(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	magic, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	return gzip.NewReader(b)
}

// ReadFile reads the snapshot in a file.
func ReadFile(path string) (*Account, error) { return readFile(path, Read) }

func readFile(path string, read func(io.Reader) (*Account, error)) (*Account, error) {
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
