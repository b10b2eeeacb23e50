package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/domainsync/domainsync/config/attr"
)

// Alarm says how long before its end a name that nothing keeps makes runs red.
type Alarm struct {
	PageDays   int // days before the end from which it wakes somebody
	ExpiryDays int // days before the end from which somebody has to see to it
}

const (
	// defaultPageDays leaves a week to pay, to reach the registrar, and to wait for the
	// registry.
	defaultPageDays   = 7
	defaultExpiryDays = 30
	mostAlarmDays     = 366
)

// DefaultAlarm returns the alarm of a configuration without an alarm block.
func DefaultAlarm() Alarm { return Alarm{PageDays: defaultPageDays, ExpiryDays: defaultExpiryDays} }

// AlarmOf returns the alarm of a name; zero days of expiry: somebody else looks after
// its end. A name that no file declares, nil, has that of the alarm block.
func (p *Portfolio) AlarmOf(d *Domain) Alarm {
	alarm := p.Alarm
	if d != nil && d.Settings.ExpiryAlarmDays != 0 {
		alarm.ExpiryDays = max(0, d.Settings.ExpiryAlarmDays)
	}
	alarm.PageDays = min(alarm.PageDays, alarm.ExpiryDays)
	return alarm
}

func (l *loader) evaluateAlarm(block *hcl.Block) {
	args, alarm := l.arguments(block), &l.portfolio.Alarm
	if n, ok := l.integer(args["expiry_days"], 1, mostAlarmDays); ok {
		alarm.ExpiryDays = n
	}
	alarm.PageDays = min(alarm.PageDays, alarm.ExpiryDays)
	n, ok := l.integer(args["page_days"], 0, mostAlarmDays)
	if !ok {
		return
	}
	if alarm.PageDays = n; n > alarm.ExpiryDays {
		l.errorAt(args["page_days"].Expr.Range().Ptr(), "Limit out of range",
			"page_days = %d is earlier than expiry_days = %d: a name is seen to first, and wakes somebody after that. State page_days of %[2]d or less, or a larger expiry_days.", n, alarm.ExpiryDays)
	}
}

// decodeAlarmDays reads how long before its end a name makes runs red.
func decodeAlarmDays(v cty.Value) (any, []attr.Problem) {
	wanted := fmt.Sprintf("a whole number of days from 0 to %d", mostAlarmDays)
	number, err := convert.Convert(v, cty.Number) // a table has texts
	if err != nil {
		return nil, wrongType(wanted, v)
	}
	f, _ := number.AsBigFloat().Float64()
	if n := int(f); float64(n) == f && 0 <= n && n <= mostAlarmDays {
		if n == 0 {
			n = attr.NoExpiryAlarm
		}
		return n, nil
	}
	return nil, []attr.Problem{{Summary: "Limit out of range", Detail: "expiry_alarm_days must be " + wanted + "; 0 says that somebody else looks after the end of the name."}}
}
