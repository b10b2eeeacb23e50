package reader

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// errNoLines says that packLines has not written the piece.
var errNoLines = errors.New("a piece is damaged")

// packLines writes a piece of a head in JSON and a line for each name.
func packLines(head any, lines []byte) ([]byte, error) {
	text, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	z, err := newEncoder()
	if err != nil {
		return nil, err
	}
	data := z.EncodeAll(append(append(text, '\n'), lines...), nil)
	return data, z.Close()
}

// unpackLines reads the head of such a piece, and returns its lines.
func unpackLines(data []byte, head any) (lines string, err error) {
	z, err := newDecoder()
	if err != nil {
		return "", err
	}
	defer z.Close()
	if err := z.Reset(bytes.NewReader(data)); err != nil {
		return "", err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return "", err
	}
	first, rest, found := bytes.Cut(text, []byte("\n"))
	if !found {
		return "", errNoLines
	}
	return string(rest), json.Unmarshal(first, head)
}
