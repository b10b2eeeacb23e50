package chart

import "time"

// MonthLabels shortens months for a chart: January is its year.
func MonthLabels(months []string) []string {
	labels := make([]string, len(months))
	for i, m := range months {
		t, err := time.Parse("2006-01", m)
		switch {
		case err != nil:
			labels[i] = m
		case t.Month() == time.January:
			labels[i] = "’" + t.Format("06")
		default:
			labels[i] = t.Format("Jan")
		}
	}
	return labels
}
