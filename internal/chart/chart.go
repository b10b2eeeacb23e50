// Package chart draws charts as SVG that a page takes into itself.
//
// A library draws them. What it draws is written anew from the few elements and
// attributes that a chart needs, with classes in place of colours: the style of the
// page gives these, so that one chart is light, dark and printed, and a page that
// permits no style in attributes shows it.
package chart

import (
	"fmt"
	"html/template"
	"math"
	"slices"

	"github.com/go-analyze/charts"

	"github.com/domainsync/domainsync/internal/words"
)

// A Chart has a bar for each label, which is made of a part for each series. Lines go
// over the bars. Its texts may be from outside.
type Chart struct {
	Title  string // what it shows, in a few words
	About  string // what it tells, for whoever does not see it
	Labels []string
	Bars   []Series
	Lines  []Series
	// Across draws the bars from left to right, one below the other.
	Across bool
	// Format writes the values of the axis; nil: as whole numbers.
	Format func(float64) string
}

// A Series has one value for each label of a chart.
type Series struct {
	Name   string
	Look   string // a class of the page's style, which gives the colour
	Values []float64
}

// The size of a chart in units of its own. A page scales it.
const (
	width     = 960
	height    = 280
	rowHeight = 30 // of one bar that goes across
)

var (
	padding = charts.NewBox(4, 12, 12, 4)
	font    = charts.FontStyle{FontSize: 9, FontColor: ofText}
)

// SVG returns the chart as an element that is a picture for whoever reads it aloud.
// ID is unique on its page, for the names of its title and text.
func (c *Chart) SVG(id string) (template.HTML, error) {
	drawn, err := c.draw()
	if err != nil {
		return "", fmt.Errorf("draw the chart %q: %w", c.Title, err)
	}
	return c.rewrite(drawn, id)
}

// draw has the library draw the chart in colours that stand for classes.
func (c *Chart) draw() ([]byte, error) {
	if c.Across {
		return c.drawAcross()
	}
	var series charts.GenericSeriesList
	for _, s := range c.Bars {
		series = append(series, charts.GenericSeries{Type: charts.ChartTypeBar, Values: c.finite(s)})
	}
	values := c.values()
	axes := []charts.ValueAxisOption{values}
	for _, s := range c.Lines { // on an axis of their own: the library would stack them on the bars of the first one
		series = append(series, charts.GenericSeries{Type: charts.ChartTypeLine, Values: c.finite(s), YAxisIndex: 1})
	}
	if len(c.Lines) > 0 {
		values.Show = charts.Ptr(false)
		axes = append(axes, values)
	}
	p, err := charts.Render(charts.ChartOption{
		OutputFormat: charts.ChartOutputSVG, Width: width, Height: height, Theme: c.theme(), Padding: padding,
		SeriesList: series, StackSeries: charts.Ptr(true), Legend: charts.LegendOption{Show: charts.Ptr(false)},
		Symbol: charts.Symbol{Shape: charts.SymbolNone}, LineStrokeWidth: 2,
		XAxis: charts.XAxisOption{Labels: c.Labels, LabelFontStyle: font, LabelCount: len(c.Labels), BoundaryGap: charts.Ptr(true)}, YAxis: axes,
	})
	if err != nil {
		return nil, err
	}
	return p.Bytes()
}

// drawAcross draws bars from left to right. The library begins at the bottom.
func (c *Chart) drawAcross() ([]byte, error) {
	var bars [][]float64
	for _, s := range c.Bars {
		values := c.finite(s)
		slices.Reverse(values)
		bars = append(bars, values)
	}
	labels := slices.Clone(c.Labels)
	slices.Reverse(labels)
	option := charts.NewBarChartOptionWithData(bars)
	option.Horizontal, option.Theme, option.Padding, option.StackSeries = true, c.theme(), padding, charts.Ptr(true)
	option.Legend.Show = charts.Ptr(false)
	option.CategoryAxis = charts.CategoryAxisOption{Labels: labels, LabelFontStyle: font}
	option.ValueAxis = []charts.ValueAxisOption{c.values()}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: width, Height: rowHeight*len(labels) + 40})
	if err := p.BarChart(option); err != nil {
		return nil, err
	}
	return p.Bytes()
}

// values is the axis of the values, with round numbers.
func (c *Chart) values() charts.ValueAxisOption {
	format := c.Format
	if format == nil {
		format = func(v float64) string { return words.Number(int64(math.Round(v))) }
	}
	top, steps := scale(c.highest())
	return charts.ValueAxisOption{LabelFontStyle: font, Min: charts.Ptr(0.0), Max: &top, LabelCount: steps + 1, ValueFormatter: format}
}

// highest returns the highest value that the axis has to show.
func (c *Chart) highest() float64 {
	highest := 0.0
	for i := range c.Labels {
		sum := 0.0
		for _, s := range c.Bars {
			sum += c.finite(s)[i]
		}
		highest = max(highest, sum)
		for _, s := range c.Lines {
			highest = max(highest, c.finite(s)[i])
		}
	}
	return highest
}

// scale returns the top of an axis that shows a value, and into how many steps of a
// round size it is divided.
func scale(highest float64) (top float64, steps int) {
	const most = 5
	for unit := 1.0; ; unit *= 10 {
		for _, n := range []float64{1, 2, 5} {
			if step := n * unit; step*most >= highest {
				steps = max(1, int(math.Ceil(highest/step)))
				return float64(steps) * step, steps
			}
		}
	}
}

// finite returns the values of a series that can be drawn, one for each label.
func (c *Chart) finite(s Series) []float64 {
	drawn := make([]float64, len(c.Labels))
	for i := range min(len(drawn), len(s.Values)) {
		if v := s.Values[i]; v > 0 && !math.IsInf(v, 0) {
			drawn[i] = v
		}
	}
	return drawn
}

// Colours that the library is given stand for classes: one for each series, and these.
var (
	ofText = charts.ColorRGB(1, 0, 1)
	ofAxis = charts.ColorRGB(1, 0, 2)
	ofGrid = charts.ColorRGB(1, 0, 3)
)

// theme has a colour of its own for each series.
func (c *Chart) theme() charts.ColorPalette {
	var colors []charts.Color
	for i := range len(c.Bars) + len(c.Lines) {
		colors = append(colors, ofSeries(i))
	}
	return charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor: ofAxis, AxisSplitLineColor: ofGrid, BackgroundColor: charts.ColorTransparent, TextColor: ofText, SeriesColors: colors,
	})
}

func ofSeries(i int) charts.Color { return charts.ColorRGB(2, uint8(i/256), uint8(i%256)) }
