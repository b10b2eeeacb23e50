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

	"github.com/domainsync/domainsync/planner"
)

// JSON writes the plan in the form of [planner.Plan.Encode], which
// docs/plan.schema.json describes. Lists are written element by element: the
// text of a large plan is never in memory as a whole. Characters that do not
// show are escaped.
func JSON(w io.Writer, p *planner.Plan) error {
	b := bufio.NewWriter(w)
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
		fmt.Fprintf(b, "%s  %q: ", sep, name)
		if err := member(b, v.Field(i)); err != nil {
			return fmt.Errorf("write %s of the plan: %w", name, err)
		}
	}
	fmt.Fprint(b, "\n}\n")
	return b.Flush()
}

// member writes one member of the plan, a list element by element.
func member(b *bufio.Writer, v reflect.Value) error {
	if v.Kind() != reflect.Slice {
		return value(b, v, "  ")
	}
	if v.Len() == 0 {
		_, err := b.WriteString("[]")
		return err
	}
	for i := range v.Len() {
		if i == 0 {
			fmt.Fprint(b, "[\n    ")
		} else {
			fmt.Fprint(b, ",\n    ")
		}
		if err := value(b, v.Index(i), "    "); err != nil {
			return err
		}
	}
	_, err := b.WriteString("\n  ]")
	return err
}

func value(b *bufio.Writer, v reflect.Value, prefix string) error {
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	if err := enc.Encode(v.Interface()); err != nil {
		return err
	}
	return VisibleJSON(b, bytes.TrimSuffix(data.Bytes(), []byte("\n")))
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
