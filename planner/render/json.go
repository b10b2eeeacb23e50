package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// JSON writes the plan in the form of [planner.Plan.Encode], which
// docs/plan.schema.json describes. Lists are written element by element: the
// text of a large plan is never in memory as a whole. Characters that do not
// show are escaped.
func JSON(w io.Writer, p *planner.Plan) error {
	j := newJSONWriter(w)
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if option == "omitempty" && v.Field(i).IsZero() {
			continue
		}
		sep := ",\n"
		if i == 0 {
			sep = "{\n"
		}
		fmt.Fprintf(j.out, "%s  %q: ", sep, name)
		if err := j.member(v.Field(i)); err != nil {
			return fmt.Errorf("write %s of the plan: %w", name, err)
		}
	}
	fmt.Fprint(j.out, "\n}\n")
	return j.out.Flush()
}

// jsonWriter writes the members of a plan, with one room for all of them.
type jsonWriter struct {
	out    *bufio.Writer
	change []byte
	data   bytes.Buffer // of enc
	enc    *json.Encoder
}

func newJSONWriter(w io.Writer) *jsonWriter {
	j := &jsonWriter{out: bufio.NewWriterSize(w, 1<<16)}
	j.enc = json.NewEncoder(&j.data)
	j.enc.SetEscapeHTML(false)
	return j
}

// member writes one member of the plan, a list element by element.
func (j *jsonWriter) member(v reflect.Value) error {
	if v.Kind() != reflect.Slice {
		return j.value(v, 1)
	}
	if v.Len() == 0 {
		_, err := j.out.WriteString("[]")
		return err
	}
	sep := "[\n    "
	for i := range v.Len() {
		if _, err := j.out.WriteString(sep); err != nil {
			return err
		}
		sep = ",\n    "
		if err := j.value(v.Index(i), 2); err != nil {
			return err
		}
	}
	_, err := j.out.WriteString("\n  ]")
	return err
}

// value writes a value whose first line stands at a depth.
func (j *jsonWriter) value(v reflect.Value, depth int) error {
	if c, ok := v.Addr().Interface().(*attr.Change); ok {
		var err error
		if j.change, err = c.AppendJSON(j.change[:0], depth); err != nil {
			return err
		}
		return VisibleJSON(j.out, j.change)
	}
	j.data.Reset()
	j.enc.SetIndent(strings.Repeat("  ", depth), "  ")
	if err := j.enc.Encode(v.Addr().Interface()); err != nil {
		return err
	}
	return VisibleJSON(j.out, bytes.TrimSuffix(j.data.Bytes(), []byte("\n")))
}

// VisibleJSON writes JSON whose characters do nothing but show: those that could
// drive a terminal or reorder text become \u escapes, which mean the same.
func VisibleJSON(b *bufio.Writer, data []byte) error {
	start := 0
	for i := 0; i < len(data); {
		if data[i] < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if !unicode.IsPrint(r) {
			if _, err := b.Write(data[start:i]); err != nil {
				return err
			}
			for _, u := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(b, `\u%04x`, u)
			}
			start = i + size
		}
		i += size
	}
	_, err := b.Write(data[start:])
	return err
}
