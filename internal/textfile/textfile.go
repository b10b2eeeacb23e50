// Package textfile reads the text of files as people's programs write them:
// spreadsheets, editors of Windows and exports in UTF-16.
package textfile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Decode returns the text of a file in UTF-8 and without a byte order mark.
// UTF-16 is recognised by its mark, or by the zero bytes of a text that begins
// with plain ASCII. Everything else must be UTF-8: other encodings cannot be
// told apart, and a wrong guess would change names and addresses. The error
// says what the file is instead, and on which line.
//
// Text that is UTF-8 already comes back as it is, not copied.
func Decode(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xef, 0xbb, 0xbf}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(data, []byte{0, 0, 0xfe, 0xff}):
		return nil, errors.New("it is text in UTF-32; save it as UTF-8")
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return decodeUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return decodeUTF16(data[2:], binary.BigEndian)
	case len(data) >= 4 && data[0] != 0 && data[1] == 0 && data[2] != 0 && data[3] == 0:
		return decodeUTF16(data, binary.LittleEndian)
	case len(data) >= 4 && data[0] == 0 && data[1] != 0 && data[2] == 0 && data[3] != 0:
		return decodeUTF16(data, binary.BigEndian)
	}
	zero, invalid := bytes.IndexByte(data, 0), firstInvalid(data)
	if zero < 0 && invalid < 0 {
		return data, nil
	}
	switch what := noText(data); {
	case what != "":
		return nil, errors.New(what)
	case zero >= 0:
		return nil, fmt.Errorf("it is no text: line %d has a zero byte", lineOf(data, zero))
	}
	return nil, notUTF8(data, invalid)
}

// maxUTF16 is the most of a text in UTF-16 that [Reader] converts, in bytes.
const maxUTF16 = 1 << 28

// Reader returns the text that r holds as [Decode] does, but checks nothing: what
// is not UTF-8 passes as it is. It keeps no more than a buffer of it, except of
// UTF-16.
func Reader(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	start, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, []byte{0xef, 0xbb, 0xbf}):
		_, err := b.Discard(3)
		return b, err
	case bytes.IndexByte(start, 0) < 0 && !bytes.HasPrefix(start, []byte{0xff, 0xfe}) && !bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		return b, nil
	}
	data, err := io.ReadAll(io.LimitReader(b, maxUTF16+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxUTF16 {
		return nil, fmt.Errorf("it is text in UTF-16 of more than %d MB; save it as UTF-8", maxUTF16>>20)
	}
	if data, err = Decode(data); err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(bytes.NewReader(data), 1<<16), nil
}

// notUTF8 says where a text is in another encoding, and how to convert it. Its
// first character outside of ASCII is taken to tell which one: Chinese
// characters have two high bytes, European ones have one.
func notUTF8(data []byte, at int) error {
	guess := "WINDOWS-1252"
	if at+1 < len(data) && data[at+1] >= utf8.RuneSelf {
		guess = "GB18030"
	}
	before := UnixLines(data[:at])
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Errorf("it is not text in UTF-8: line %d has the byte 0x%02X in column %d; save it as UTF-8, or, where %s is its encoding, convert it: iconv -f %s -t UTF-8 OLD > NEW",
		lineOf(data, at), data[at], column, guess, guess)
}

func decodeUTF16(data []byte, order binary.ByteOrder) ([]byte, error) {
	if len(data)%2 != 0 {
		return nil, errors.New("it is text in UTF-16 that ends within a character; save it as UTF-8")
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	out := make([]byte, 0, len(data))
	line := 1
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if utf16.IsSurrogate(r) {
			next := rune(0)
			if i+1 < len(units) {
				next = rune(units[i+1])
			}
			if r = utf16.DecodeRune(r, next); r == utf8.RuneError {
				return nil, fmt.Errorf("it is text in UTF-16 with half of a character on line %d; save it as UTF-8", line)
			}
			i++
		}
		switch r {
		case 0:
			return nil, fmt.Errorf("it is no text: line %d has a zero byte", line)
		case '\n':
			line++
		}
		out = utf8.AppendRune(out, r)
	}
	return out, nil
}

// firstInvalid returns where text stops being UTF-8, -1 where it is.
func firstInvalid(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; ; {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
}

func lineOf(data []byte, at int) int { return 1 + bytes.Count(UnixLines(data[:at]), []byte("\n")) }

// UnixLines returns a text whose lines end in a line feed alone. Those of
// Windows end in a carriage return and a line feed, those of old Macs in a
// carriage return.
func UnixLines(text []byte) []byte {
	if bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
}
