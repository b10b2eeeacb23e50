package chart_test

import (
	"encoding/xml"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/internal/chart"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
)

// drawn is what a test reads of a chart.
type drawn struct {
	Role  string `xml:"role,attr"`
	By    string `xml:"aria-labelledby,attr"`
	Title struct {
		ID   string `xml:"id,attr"`
		Text string `xml:",chardata"`
	} `xml:"title"`
	Text struct {
		ID   string `xml:"id,attr"`
		Text string `xml:",chardata"`
	} `xml:"desc"`
	Paths []struct {
		Class string `xml:"class,attr"`
		D     string `xml:"d,attr"`
	} `xml:"path"`
	Texts []string `xml:"text"`
}

func draw(t *testing.T, c *chart.Chart) (svg string, d drawn) {
	t.Helper()
	made, err := c.SVG("expiry")
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal([]byte(made), &d); err != nil {
		t.Fatalf("%v\n%s", err, made)
	}
	return string(made), d
}

// sizesOf returns the heights of the parts of bars with a look; widths where they go
// across.
func (d drawn) sizesOf(t *testing.T, look string, across bool) (sizes []float64) {
	t.Helper()
	for _, p := range d.Paths {
		if !slices.Contains(strings.Fields(p.Class), look) {
			continue
		}
		var xs, ys []float64
		for pair := range strings.SplitSeq(strings.NewReplacer("M ", "", "L ", ";").Replace(p.D), ";") {
			x, y, ok := strings.Cut(strings.TrimSpace(pair), " ")
			if !ok {
				t.Fatalf("the path %q is no list of points", p.D)
			}
			xs, ys = append(xs, number(t, x)), append(ys, number(t, y))
		}
		if across {
			ys = xs
		}
		sizes = append(sizes, slices.Max(ys)-slices.Min(ys))
	}
	return sizes
}

func number(t *testing.T, s string) (v float64) {
	t.Helper()
	if err := xml.Unmarshal([]byte("<n>"+s+"</n>"), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestBarsAreAsLongAsTheirValues: what is drawn has the proportions of the numbers, in
// both directions, beside others and with a line over it.
func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	t.Parallel()
	values := []float64{10, 40, 20}
	for _, across := range []bool{false, true} {
		c := &chart.Chart{Labels: []string{"a", "b", "c"}, Across: across, Bars: []chart.Series{
			{Name: "kept", Look: "first", Values: values}, {Name: "endangered", Look: "second", Values: []float64{5, 0, 30}},
		}}
		if !across {
			c.Lines = []chart.Series{{Name: "budget", Look: "limit", Values: []float64{100, 100, 100}}}
		}
		_, d := draw(t, c)
		sizes := d.sizesOf(t, "first", across)
		if across {
			slices.Reverse(sizes)
		}
		for i := range values {
			if len(sizes) != len(values) || math.Abs(sizes[i]/sizes[1]-values[i]/values[1]) > 0.03 {
				t.Errorf("across %v: the bars of %v are %v long", across, values, sizes)
			}
		}
		if lines := d.sizesOf(t, "limit", across); !across && (len(lines) != 1 || lines[0] != 0) {
			t.Errorf("the line of one value is %v high", lines)
		}
	}
}

// TestChartsWithoutNumbers draws what has nothing to show, or what no chart can show.
func TestChartsWithoutNumbers(t *testing.T) {
	t.Parallel()
	for _, values := range [][]float64{nil, {0, 0}, {1}, {-1, math.NaN()}, {math.Inf(1), 3}, {1e15, 1}, {1, 2, 3}} {
		for _, across := range []bool{false, true} {
			svg, _ := draw(t, &chart.Chart{Labels: []string{"a", "b"}, Across: across, Bars: []chart.Series{{Look: "first", Values: values}}})
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Errorf("%v makes %s", values, svg)
			}
		}
	}
}

// TestTextsOfChartsStayTexts: whatever a title, a label or a look says, it ends no
// element and no attribute.
func TestTextsOfChartsStayTexts(t *testing.T) {
	t.Parallel()
	for _, text := range append(inerttest.Hostile(), `</text><script>alert(1)</script>`, `" onload="alert(1)`, "]]><b>", "&lt;", "javascript:alert(1)") {
		for _, across := range []bool{false, true} {
			text = strings.ToValidUTF8(text, "?")
			svg, d := draw(t, &chart.Chart{
				Title: text, About: text, Labels: []string{text, "b"}, Across: across, Bars: []chart.Series{{Name: text, Look: text, Values: []float64{1, 2}}},
			})
			for _, bad := range []string{"<script", "<b", ` onload="`, " style=", "xmlns", "xlink"} {
				if strings.Contains(svg, bad) {
					t.Errorf("%q makes %q: %s", text, bad, svg)
				}
			}
			if d.Role != "img" || d.By != d.Title.ID+" "+d.Text.ID || d.Title.ID == d.Text.ID {
				t.Errorf("the chart is a %q that %q names", d.Role, d.By)
			}
		}
	}
}

// TestChartsTellTheirText: whoever does not see a chart is told its title and text, and
// its labels are there.
func TestChartsTellTheirText(t *testing.T) {
	t.Parallel()
	_, d := draw(t, &chart.Chart{
		Title: "Names that end, by month", About: "12 names end in May & June", Labels: []string{"May", "Jun"},
		Bars: []chart.Series{{Look: "first", Values: []float64{2000, 10}}},
	})
	if d.Title.Text != "Names that end, by month" || d.Text.Text != "12 names end in May & June" {
		t.Errorf("the chart tells %q and %q", d.Title.Text, d.Text.Text)
	}
	for _, want := range []string{"May", "Jun", "0", "2,000"} {
		if !slices.Contains(d.Texts, want) {
			t.Errorf("the chart lacks %q: %q", want, d.Texts)
		}
	}
}
