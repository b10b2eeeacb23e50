package metrics

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// A Fleet is what is known of the jobs that a process runs.
type Fleet struct {
	Jobs []FleetJob
	// FileValid says that the file on disk is the one that holds, which was read at
	// FileRead.
	FileValid bool
	FileRead  time.Time
	// FilesDiffer says that processes of the fleet go by different files.
	FilesDiffer bool
	Looked      time.Time // when the process looked at the table last; zero: it has not
	Now         time.Time
}

// A FleetJob is a job with the metrics of its runs, as [Write] has written them.
type FleetJob struct {
	Name    string
	Metrics []byte
	Next    time.Time     // zero: when somebody asks for it
	Asked   time.Time     // since when somebody asks for it; zero: nobody does
	Between time.Duration // two runs of its schedule at most; 0: it has none
	Running bool
	Paused  time.Time // since when; zero: it is not
	Ended   time.Time // its last run; zero: none did
	Lost    time.Time // when one of its runs was last lost; zero: none was
}

// due is since when the job is to be run; zero: it is not.
func (j *FleetJob) due(now time.Time) time.Time {
	switch {
	case j.Running:
		return time.Time{}
	case !j.Asked.IsZero():
		return j.Asked
	case !j.Paused.IsZero() || j.Next.After(now):
		return time.Time{}
	}
	return j.Next
}

// jobLabel tells the series of jobs apart. Prometheus itself has a label "job", which
// tells what was asked.
const jobLabel = "fleet_job"

// ofPages are the names of the metrics that a fleet does not tell.
var ofPages = func() map[string]bool {
	names := make(map[string]bool)
	for i := range table {
		names[table[i].name] = table[i].ofPages
	}
	return names
}()

// OfFleet returns the metrics of a fleet: those of each job with its name as a label, and
// those of the process. Metrics of a job that cannot be read are left out, and so are
// those that are for overviews alone.
func OfFleet(f *Fleet) []*dto.MetricFamily {
	byName := make(map[string]*dto.MetricFamily)
	for i := range f.Jobs {
		j := &f.Jobs[i]
		all, _ := Read(bytes.NewReader(j.Metrics))
		for _, family := range all {
			if ofPages[family.GetName()] {
				continue // a hundred series of each account
			}
			for _, m := range family.Metric {
				m.Label = append(m.Label, pair(jobLabel, j.Name))
				slices.SortFunc(m.Label, func(x, y *dto.LabelPair) int { return strings.Compare(x.GetName(), y.GetName()) })
			}
			if known := byName[family.GetName()]; known != nil {
				known.Metric = append(known.Metric, family.Metric...)
				continue
			}
			byName[family.GetName()] = family
		}
	}
	for _, m := range fleetTable {
		if family := m.family(f); len(family.Metric) > 0 { // the text form has no family without series
			byName[m.name] = family
		}
	}
	families := slices.Collect(maps.Values(byName))
	slices.SortFunc(families, func(x, y *dto.MetricFamily) int { return cmp.Compare(x.GetName(), y.GetName()) })
	return families
}

// fleetMetric is one row of the table of metrics of a fleet.
type fleetMetric struct {
	name, help string
	ofJob      func(f *Fleet, j *FleetJob) (value float64, known bool) // nil: it is of the process
	ofFleet    func(f *Fleet) float64
}

// fleetTable is the table of the metrics of a fleet.
var fleetTable = []fleetMetric{
	{
		name: "domainsync_fleet_file_valid", help: "1 where the file of the fleet on disk is in force, 0 where it has mistakes and the former one stays.",
		ofFleet: func(f *Fleet) float64 { return truth(f.FileValid) },
	},
	{
		name: "domainsync_fleet_file_read_timestamp_seconds", help: "When the file of the fleet was read that is in force.",
		ofFleet: func(f *Fleet) float64 { return seconds(f.FileRead) },
	},
	{
		name: "domainsync_fleet_files_differ", help: "1 while processes that serve the fleet go by different files, from five minutes on.",
		ofFleet: func(f *Fleet) float64 { return truth(f.FilesDiffer) },
	},
	{
		name: "domainsync_fleet_looked_timestamp_seconds", help: "When this process last looked at the table of jobs for what is due; now, while as many jobs run as may; 0: it has not yet.",
		ofFleet: func(f *Fleet) float64 {
			if f.Looked.IsZero() {
				return 0
			}
			return seconds(f.Looked)
		},
	},
	ofTime("domainsync_job_next_run_timestamp_seconds", "When the job is due.", func(j *FleetJob) time.Time { return j.Next }),
	{
		name: "domainsync_job_interval_seconds", help: "The longest time between two of the next times of the job's schedule.",
		ofJob: func(_ *Fleet, j *FleetJob) (float64, bool) { return j.Between.Seconds(), j.Between > 0 },
	},
	{
		name: "domainsync_job_overdue_seconds", help: "For how long the job is due, or asked for, and has not begun; 0: it is not due, at work, or paused.",
		ofJob: func(f *Fleet, j *FleetJob) (float64, bool) {
			if due := j.due(f.Now); !due.IsZero() {
				return max(f.Now.Sub(due).Seconds(), 0), true
			}
			return 0, true
		},
	},
	{
		name: "domainsync_job_running", help: "1 while the job is run.",
		ofJob: func(_ *Fleet, j *FleetJob) (float64, bool) { return truth(j.Running), true },
	},
	{
		name: "domainsync_job_paused", help: "1 while the job is paused: it is not run by its schedule.",
		ofJob: func(_ *Fleet, j *FleetJob) (float64, bool) { return truth(!j.Paused.IsZero()), true },
	},
	ofTime("domainsync_job_paused_timestamp_seconds", "Since when the job is paused.", func(j *FleetJob) time.Time { return j.Paused }),
	ofTime("domainsync_job_last_end_timestamp_seconds", "When the last run of the job ended, however it did.", func(j *FleetJob) time.Time { return j.Ended }),
	ofTime("domainsync_job_last_lost_timestamp_seconds", "When a run of the job was last lost: its process was not heard of any more.", func(j *FleetJob) time.Time { return j.Lost }),
}

// ofTime is a metric of when something is of a job, where it is.
func ofTime(name, help string, of func(*FleetJob) time.Time) fleetMetric {
	return fleetMetric{name: name, help: help, ofJob: func(_ *Fleet, j *FleetJob) (float64, bool) { return seconds(of(j)), !of(j).IsZero() }}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func (m *fleetMetric) family(f *Fleet) *dto.MetricFamily {
	family := &dto.MetricFamily{Name: new(m.name), Help: new(m.help), Type: dto.MetricType_GAUGE.Enum()}
	if m.ofFleet != nil {
		family.Metric = []*dto.Metric{{Gauge: &dto.Gauge{Value: new(m.ofFleet(f))}}}
		return family
	}
	for i := range f.Jobs {
		if value, known := m.ofJob(f, &f.Jobs[i]); known {
			family.Metric = append(family.Metric, &dto.Metric{Label: []*dto.LabelPair{pair(jobLabel, f.Jobs[i].Name)}, Gauge: &dto.Gauge{Value: &value}})
		}
	}
	return family
}

// FleetDescriptions returns what the metrics of a fleet are beyond those of its runs.
func FleetDescriptions() []Description {
	var all []Description
	for _, m := range fleetTable {
		d := Description{Name: m.name, Help: m.help}
		if m.ofJob != nil {
			d.Labels = []string{jobLabel}
		}
		all = append(all, d)
	}
	return all
}
