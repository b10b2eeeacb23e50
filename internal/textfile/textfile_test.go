package textfile_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/internal/textfile"
)

// utf16Of writes a text in UTF-16.
func utf16Of(text string, order binary.AppendByteOrder, mark bool) []byte {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

// TestDecodeReadsEveryFormOfOneText draws a text and reads it in each form that
// programs write.
func TestDecodeReadsEveryFormOfOneText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := "na" + strings.Map(func(r rune) rune {
			if r == 0 || r == 0xfeff {
				return 'x'
			}
			return r
		}, rapid.String().Draw(t, "text"))
		for form, data := range map[string][]byte{
			"UTF-8":                         []byte(text),
			"UTF-8 with a mark":             append([]byte("\ufeff"), text...),
			"UTF-16LE with a mark":          utf16Of(text, binary.LittleEndian, true),
			"UTF-16BE with a mark":          utf16Of(text, binary.BigEndian, true),
			"UTF-16LE that begins as ASCII": utf16Of(text, binary.LittleEndian, false),
			"UTF-16BE that begins as ASCII": utf16Of(text, binary.BigEndian, false),
		} {
			got, err := textfile.Decode(data)
			if err != nil || string(got) != text {
				t.Errorf("%s of %q: %q, %v", form, text, got, err)
			}
			r, err := textfile.Reader(iotest.OneByteReader(bytes.NewReader(data)))
			if err != nil {
				t.Fatalf("%s of %q: %v", form, text, err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != text {
				t.Errorf("%s of %q, read in bytes: %q, %v", form, text, got, err)
			}
		}
	})
}

func TestDecodeSaysWhatIsNoText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		data []byte
		want string
	}{
		{"Latin-1", []byte("a\r\nb\r\n\u00fc M\xfcller\r\n"), "line 3 has the byte 0xFC in column 4; save it as UTF-8, or, where WINDOWS-1252 is its encoding, convert it: iconv -f WINDOWS-1252 -t UTF-8"},
		{"GBK", []byte("\xd6\xd0\xb9\xfa"), "not text in UTF-8: line 1 has the byte 0xD6 in column 1; save it as UTF-8, or, where GB18030"},
		{"UTF-32", []byte{0xff, 0xfe, 0, 0, 'a', 0, 0, 0}, "UTF-32"},
		{"bytes", []byte("\x7fELF\x02\x00\x00"), "no text: line 1 has a zero byte"},
		{"a workbook", []byte("PK\x03\x04\x00\x00"), "the workbook of a spreadsheet (.xlsx, .ods, .numbers), and no text"},
		{"an old workbook", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00"), "the workbook of a spreadsheet (.xls), and no text: save the sheet as CSV"},
		{"gzip", []byte("\x1f\x8b\x08\x00"), "compressed with gzip, and no text: decompress it first"},
		{"bzip2", []byte("BZh91AY&SY\xff\x00"), "compressed with bzip2"},
		{"a document", []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), "a PDF document"},
		{"old Mac lines", []byte("a\rb\r\xff"), "line 3"},
		{"half a unit", []byte{0xff, 0xfe, 'a'}, "ends within a character"},
		{"half a character", []byte{0xff, 0xfe, 'a', 0, '\n', 0, 0x00, 0xd8}, "half of a character on line 2"},
		{"UTF-16 with a zero", []byte{0xff, 0xfe, 'a', 0, 0, 0, 'b', 0}, "zero byte"},
	} {
		if got, err := textfile.Decode(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v, want an error with %q", c.what, got, err, c.want)
		}
	}
}

// TestReaderPassesWhatIsNotUTF8: comments in a zone may be in any encoding.
func TestReaderPassesWhatIsNotUTF8(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"", "a", "; M\xfcller\n", "a\r\nb"} {
		r, err := textfile.Reader(strings.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", want, got, err)
		}
	}
	for _, bad := range []string{"\xff\xfea", "\x00\x01\x02\x03", "\xff\xfe\x00\x00"} {
		if _, err := textfile.Reader(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestUnixLines(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		if got := textfile.UnixLines([]byte("a" + end + end + "b" + end)); string(got) != "a\n\nb\n" {
			t.Errorf("%q: %q", end, got)
		}
	}
}

// FuzzDecode shows that what is decoded is text, and stays as it is when it is
// decoded again.
func FuzzDecode(f *testing.F) {
	for _, data := range [][]byte{[]byte("a\r\nb"), {0xff, 0xfe, 'a', 0, 0x3d, 0xd8}, {0, 'a', 0, 'b'}, {0xef, 0xbb, 0xbf}} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := textfile.Decode(data)
		if err != nil {
			return
		}
		if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 || bytes.IndexByte(textfile.UnixLines(text), '\r') >= 0 {
			t.Errorf("%q", text)
		}
	})
}
