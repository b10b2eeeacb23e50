package reader

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/planner"
)

// expiriesKey is the piece beside those of readings that remembers when names end.
const expiriesKey = "expiries"

// expiriesHead is how that piece begins. A line for each name follows it: the name, when
// it ends, whether the service renews it by itself, and the days of its alarm.
type expiriesHead struct {
	Endpoint string    `json:"endpoint"`
	ReadAt   time.Time `json:"read_at"`
	Applied  bool      `json:"applied"`
	Names    int       `json:"names"`
}

// errExpiries says that a piece is none of ours.
var errExpiries = errors.New("what was kept of the ends of names is damaged")

// LoadExpiries returns when the names of an account at an endpoint end, as it was kept;
// nil where nobody has kept it. What is damaged is an error.
func LoadExpiries(ctx context.Context, b Blobs, endpoint string) (*planner.Expiries, error) {
	data, ok, err := b.Get(ctx, expiriesKey)
	if err != nil || !ok {
		return nil, err
	}
	var head expiriesHead
	lines, err := unpackLines(data, &head)
	if err != nil {
		return nil, errExpiries
	}
	if head.Endpoint != endpoint {
		return nil, nil
	}
	e := &planner.Expiries{ReadAt: head.ReadAt, Applied: head.Applied}
	for line := range strings.Lines(lines) {
		x, err := parseExpiry(strings.TrimSuffix(line, "\n"))
		if err != nil || len(e.Names) > 0 && e.Names[len(e.Names)-1].Name >= x.Name {
			return nil, errExpiries
		}
		e.Names = append(e.Names, x)
	}
	if len(e.Names) != head.Names {
		return nil, errExpiries
	}
	return e, nil
}

// SaveExpiries keeps when the names of an account at an endpoint end.
func SaveExpiries(ctx context.Context, b Blobs, endpoint string, e *planner.Expiries) error {
	var lines []byte
	for i := range e.Names {
		lines = appendExpiry(lines, &e.Names[i])
	}
	data, err := packLines(expiriesHead{endpoint, e.ReadAt, e.Applied, len(e.Names)}, lines)
	if err != nil {
		return err
	}
	return b.Put(ctx, expiriesKey, data)
}

func appendExpiry(text []byte, x *planner.NameExpiry) []byte {
	end, renewed := int64(0), 0
	if !x.Expires.IsZero() {
		end = x.Expires.Unix()
	}
	if x.SelfRenewed {
		renewed = 1
	}
	return fmt.Appendf(text, "%s %d %d %d %d\n", x.Name, end, renewed, x.Alarm.ExpiryDays, x.Alarm.PageDays)
}

func parseExpiry(line string) (x planner.NameExpiry, err error) {
	words := strings.Split(line, " ")
	if len(words) != 5 || words[0] == "" {
		return x, errExpiries
	}
	var numbers [4]int64
	for i := range numbers {
		if numbers[i], err = strconv.ParseInt(words[i+1], 10, 64); err != nil || i > 0 && numbers[i] < 0 {
			return x, errExpiries
		}
	}
	x = planner.NameExpiry{Name: words[0], SelfRenewed: numbers[1] == 1, Alarm: config.Alarm{ExpiryDays: int(numbers[2]), PageDays: int(numbers[3])}}
	if numbers[0] != 0 {
		x.Expires = time.Unix(numbers[0], 0).UTC()
	}
	return x, nil
}
