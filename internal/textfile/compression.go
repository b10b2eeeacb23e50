package textfile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A compression is known by how its files begin.
type compression struct {
	name  string
	magic string
	open  func(io.Reader) (io.Reader, error) // nil: it is not read
	tool  string                             // what decompresses it where it is not read
}

const zipMagic = "PK\x03\x04"

var compressions = []compression{
	{"gzip", "\x1f\x8b", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }, ""},
	{"bzip2", "BZh", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }, ""},
	{"xz", "\xfd7zXZ\x00", nil, "xz -dk FILE"},
	{"zstd", "\x28\xb5\x2f\xfd", nil, "zstd -d FILE"},
	{"zip", zipMagic, nil, "unzip FILE"},     // a file of it is read, see openZip
	{"zip", "PK\x05\x06", nil, "unzip FILE"}, // it holds nothing
	{"lz4", "\x04\x22\x4d\x18", nil, "lz4 -d FILE"},
	{"lzip", "LZIP", nil, "lzip -dk FILE"},
	{"7-Zip", "7z\xbc\xaf\x27\x1c", nil, "7z x FILE"},
	{"compress", "\x1f\x9d", nil, "uncompress FILE"},
}

// compressionOf returns what data that begin so are compressed with, nil for others.
func compressionOf(start []byte) *compression {
	i := slices.IndexFunc(compressions, func(c compression) bool { return bytes.HasPrefix(start, []byte(c.magic)) })
	if i < 0 {
		return nil
	}
	return &compressions[i]
}

// Compressed reports whether data are a compressed file of any form that is known,
// whether or not [Decompress] reads it.
func Compressed(data []byte) bool { return compressionOf(data) != nil }

// Decompress returns what r holds, decompressed where it is gzip, bzip2 or, of a
// file, a zip archive that holds one. Other compressions are an error that names
// them.
func Decompress(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	start, err := b.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	c := compressionOf(start)
	if c == nil {
		return b, nil
	}
	if file, ok := r.(archive); ok && c.magic == zipMagic {
		return openZip(file, *c)
	}
	if c.open == nil {
		return nil, fmt.Errorf("it is compressed with %s, which is not read: decompress it first (%s), or use gzip or bzip2", c.name, c.tool)
	}
	plain, err := c.open(b)
	if err != nil {
		return nil, c.explain(err)
	}
	return bufio.NewReaderSize(&decompressed{plain, *c}, 1<<16), nil
}

// An archive is a file that can be read at any place, as zip asks for.
type archive interface {
	io.ReaderAt
	fs.File
}

// openZip returns the only file of an archive.
func openZip(file archive, c compression) (*bufio.Reader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("it is a zip archive that is cut off or damaged (%w): get it again", err)
	}
	files := slices.DeleteFunc(slices.Clone(z.File), beside)
	if len(files) != 1 {
		return nil, fmt.Errorf("it is a zip archive of %d files: take the one out of it that is meant (%s)", len(files), c.tool)
	}
	plain, err := files[0].Open()
	if err != nil {
		return nil, fmt.Errorf("it is a zip archive that is not read (%w): take its file out of it (%s)", err, c.tool)
	}
	return bufio.NewReaderSize(&decompressed{plain, c}, 1<<16), nil
}

// beside reports whether an entry of an archive is none of its files: a directory,
// or what a Mac notes beside each file.
func beside(f *zip.File) bool {
	return f.FileInfo().IsDir() || strings.HasPrefix(f.Name, "__MACOSX/") || path.Base(f.Name) == ".DS_Store"
}

// decompressed says of an error which compression it comes from.
type decompressed struct {
	io.Reader
	compression compression
}

// Read reads what was compressed.
func (d *decompressed) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = d.compression.explain(err)
	}
	return n, err
}

func (c compression) explain(err error) error {
	var disk *fs.PathError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("the %s data ends too early, the file is cut off: get it again (%w)", c.name, err)
	case errors.As(err, &disk):
		return err
	}
	return fmt.Errorf("the %s data is damaged: get the file again (%w)", c.name, err)
}

// noText says what data are that are no text, where they begin like a known form;
// "" for others.
func noText(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte(zipMagic)):
		return "it is a zip archive or the workbook of a spreadsheet (.xlsx, .ods, .numbers), and no text: take its file out of it, or save the sheet as CSV in UTF-8"
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return "it is the workbook of a spreadsheet (.xls), and no text: save the sheet as CSV in UTF-8"
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return "it is a PDF document, and no text"
	}
	if c := compressionOf(data); c != nil {
		return fmt.Sprintf("it is compressed with %s, and no text: decompress it first", c.name)
	}
	return ""
}
