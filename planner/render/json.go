package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
)

// JSON writes the plan in the form of [planner.Plan.Encode], which
// docs/plan.schema.json describes. Lists are written element by element: the
// text of a large plan is never in memory as a whole. Characters that do not
// show are escaped.
func JSON(w io.Writer, p *planner.Plan) error {
	j := newJSONWriter(w)
	v := reflect.ValueOf(p.Document()).Elem()
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
	inert  io.Writer // above out, for what comes from outside
	change []byte
	data   bytes.Buffer // of enc
	enc    *json.Encoder
}

func newJSONWriter(w io.Writer) *jsonWriter {
	j := &jsonWriter{out: bufio.NewWriterSize(w, 1<<16)}
	j.inert = inert.JSON(j.out)
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
		_, err = j.inert.Write(j.change)
		return err
	}
	j.data.Reset()
	j.enc.SetIndent(strings.Repeat("  ", depth), "  ")
	if err := j.enc.Encode(v.Addr().Interface()); err != nil {
		return err
	}
	_, err := j.inert.Write(bytes.TrimSuffix(j.data.Bytes(), []byte("\n")))
	return err
}
