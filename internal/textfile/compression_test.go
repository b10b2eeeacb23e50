package textfile_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/domainsync/domainsync/internal/textfile"
)

// bzipped is "a text\n" as bzip2 -9 writes it.
const bzipped = "QlpoOTFBWSZTWX3CeLEAAAFRgAAQQAAiAARAIAAhgAwCxvXcXckU4UJB9wnixA=="

func gzipped(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(s))
	if err = errors.Join(err, z.Close()); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func zipped(files ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, content := range files {
		w, err := z.Create(fmt.Sprintf("%d.txt", i))
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// zippedOnAMac is a zip archive of a file in a directory, as the Finder makes it.
func zippedOnAMac(content string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"zone/", "zone/.DS_Store", "zone/zone.txt", "__MACOSX/zone/._zone.txt"} {
		w, err := z.Create(name)
		if err == nil && name == "zone/zone.txt" {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// decompress reads a file that holds the data.
func decompress(t *testing.T, data []byte) (string, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	r, err := textfile.Decompress(f)
	if err != nil {
		return "", err
	}
	got, err := io.ReadAll(r)
	return string(got), err
}

func TestDecompressReadsOrNames(t *testing.T) {
	t.Parallel()
	const want = "a text\n"
	bz, err := base64.StdEncoding.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"plain": []byte(want), "gzip": gzipped(want), "bzip2": bz, "zip": zipped(want), "zip of a Mac": zippedOnAMac(want),
	} {
		if got, err := decompress(t, data); err != nil || got != want {
			t.Errorf("%s: got %q and %v", name, got, err)
		}
	}
	if got, err := decompress(t, nil); got != "" || err != nil {
		t.Errorf("an empty file: got %q and %v", got, err)
	}
	for start, want := range map[string]string{
		"\xfd7zXZ\x00\x00\x04": "compressed with xz", "\x28\xb5\x2f\xfd\x04": "compressed with zstd",
		"\x04\x22\x4d\x18\x64": "compressed with lz4", "LZIP\x01": "compressed with lzip",
		"7z\xbc\xaf\x27\x1c\x00": "compressed with 7-Zip", "\x1f\x9d\x90": "compressed with compress",
		string(zipped()): "compressed with zip", string(zipped("a", "b")): "zip archive of 2 files",
		"PK\x03\x04 and nothing": "zip archive that is cut off or damaged",
	} {
		_, err := decompress(t, []byte(start))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want …%s…", start, err, want)
		}
	}
	_, err = textfile.Decompress(bytes.NewReader(zipped(want)))
	if err == nil || !strings.Contains(err.Error(), "compressed with zip") {
		t.Errorf("a zip archive that is no file: %v", err)
	}
}

// TestDecompressSaysWhatIsCutOff, at any byte, and what is damaged.
func TestDecompressSaysWhatIsCutOff(t *testing.T) {
	t.Parallel()
	bz, err := base64.StdEncoding.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	for name, whole := range map[string][]byte{"gzip": gzipped("a text\n"), "bzip2": bz} {
		for i := 3; i < len(whole); i++ {
			if _, err := decompress(t, whole[:i]); err == nil || !strings.Contains(err.Error(), "cut off") {
				t.Errorf("%s, %d of %d bytes: %v", name, i, len(whole), err)
			}
		}
		broken := bytes.Clone(whole)
		broken[len(broken)/2] ^= 0xff
		if _, err := decompress(t, broken); err == nil || !strings.Contains(err.Error(), "damaged") && !strings.Contains(err.Error(), "cut off") {
			t.Errorf("%s, damaged: %v", name, err)
		}
	}
	disk := &fs.PathError{Op: "read", Path: "file", Err: errors.New("broken disk")}
	r, err := textfile.Decompress(io.MultiReader(bytes.NewReader(gzipped("a text\n")[:12]), iotest.ErrReader(disk)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, disk) || strings.Contains(err.Error(), "cut off") {
		t.Errorf("a broken disk: %v", err)
	}
}

// TestCompressed: what begins like a compressed file is one, and a text is none.
func TestCompressed(t *testing.T) {
	t.Parallel()
	for _, data := range [][]byte{gzipped("a"), zipped("a"), zipped(), []byte("\xfd7zXZ\x00\x00"), []byte("\x28\xb5\x2f\xfd\x00"), []byte("BZh9")} {
		if !textfile.Compressed(data) {
			t.Errorf("%q is no compressed file", data)
		}
	}
	for _, text := range []string{"", "P", "PK", "example.com", "\xfd7zXZ"} {
		if textfile.Compressed([]byte(text)) {
			t.Errorf("%q is a compressed file", text)
		}
	}
}
