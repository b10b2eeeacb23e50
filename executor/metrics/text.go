package metrics

import (
	"fmt"
	"io"
	"maps"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// mostBytes bounds a file of metrics that is read.
const mostBytes = 64 << 20

// Read reads metrics in the text format.
func Read(in io.Reader) ([]*dto.MetricFamily, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	byName, err := parser.TextToMetricFamilies(io.LimitReader(in, mostBytes))
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	var all []*dto.MetricFamily
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, byName[name])
	}
	return all, nil
}

// Write writes metrics in the text format.
func Write(out io.Writer, all []*dto.MetricFamily) error {
	for _, f := range all {
		if _, err := expfmt.MetricFamilyToText(out, f); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
	}
	return nil
}
