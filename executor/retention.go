package executor

import "time"

// Retention is since when plans and runs want to know what was done. What was
// bought before is no plan's concern: names that it was for have expired again.
func Retention(now time.Time) time.Time { return now.AddDate(-1, 0, -7) }
