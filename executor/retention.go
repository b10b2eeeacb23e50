package executor

import "time"

// Retention is how far back plans and runs need to know what was done. Older
// purchases do not matter: the names that they were for have expired again.
func Retention(now time.Time) time.Time { return now.AddDate(-1, 0, -7) }
