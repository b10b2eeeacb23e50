package config_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/domainsync/domainsync/config"
)

// doubling writes locals of which each is made of the one before it, twice.
func doubling(first, each string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "locals {\n  a0 = %s\n", first)
	for i := range 60 {
		fmt.Fprintf(&b, "  a%d = %s\n", i+1, strings.ReplaceAll(each, "@", fmt.Sprintf("local.a%d", i)))
	}
	return b.String() + "}\n"
}

func local(expr string) string { return "locals {\n  x = " + expr + "\n}\n" }

// million is a list of a million numbers.
const million = "flatten([for a in range(1000) : [for b in range(1000) : b]])"

// hostile are files that would take more time or memory than there is, or break
// the program down.
func hostile() map[string]string {
	long := strings.Repeat("9", 5000)
	all := map[string]string{
		"brackets":           local(strings.Repeat("[", 100_000)),
		"text doubles":       doubling(`"x"`, `"${@}${@}"`),
		"list doubles":       doubling(`["x"]`, `concat(@, @)`),
		"tuple doubles":      doubling(`"x"`, `[@, @]`),
		"object doubles":     doubling(`"x"`, `{ a = @, b = @ }`),
		"for doubles":        doubling(`["x"]`, `flatten([for a in [1, 2] : @])`),
		"set doubles":        doubling(`["x"]`, `setproduct(@, ["a", "b"])`),
		"merge nests":        doubling(`{}`, `merge({ a = @ }, { b = @ })`),
		"number squares":     doubling("10", "@ * @"),
		"number divides":     doubling("0.1", "@ * @"),
		"replace doubles":    doubling(`"x"`, `replace(@, "x", "xx")`),
		"join doubles":       doubling(`"x"`, `join(@, [@, @])`),
		"format doubles":     doubling(`"x"`, `format("%s%s", @, @)`),
		"try doubles":        doubling(`"x"`, `try("${@}${@}", "y")`),
		"json doubles":       doubling(`"x"`, `jsonencode([@, @])`),
		"nested loops":       local("[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : [for d in range(1000) : d]]]]"),
		"loops without ends": local("[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : 1 if false]]]"),
		"loops of mistakes":  local(`[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : 1 + "x"]]]`),
		"loops of keys":      local(`[for a in range(1000) : [for b in range(1000) : {for c in range(1000) : "a" => 1}]]`),
		"splats":             local("[for a in " + million + " : " + million + "[*]]"),
		"directives":         local(`"%{for a in range(1000)}%{for b in range(1000)}%{for c in range(1000)}x%{endfor}%{endfor}%{endfor}"`),
		"setproduct":         local("length(setproduct(range(1000), range(1000), range(1000), range(1000)))"),
		"wide format":        local(`format("%9999999999d", 1)`),
		"precise format":     local(`format("%.999999999f", 1)`),
		"large number":       local(`format("%d", 1e99999999)`),
		"large number text":  local(`format("%d", "1e99999999")`),
		"large numbers":      local(`formatlist("%d", ["1e99999999", "1e99999998"])`),
		"large number sum":   local(`"${1e99999999 + 1}"`),
		"small number":       local(`"${1e-99999999}"`),
		"long number":        local(`"` + long + `" + 1`),
		"negative number":    local(`-"` + long + `"`),
		"number of a text":   local(`tonumber("` + long + `")`),
		"digits":             local(`parseint("` + long + `", 10)`),
		"indent":             local(`indent(9999999999, "a\nb")`),
		"range":              local("range(1e18)"),
		"range of fractions": local("range(0, 1, 1e-300)"),
		"join":               local(`join("` + strings.Repeat("x", 100_000) + `", ` + million + `)`),
		"regex":              local(`regexall("((a{1,100}){1,100}){1,100}", "aaaa")`),
		"regex of much":      doubling(`"aaaaaaaaaaaaaaaa"`, `try(regex("(x+x+)+y", @), "${@}${@}")`),
		"regexreplace":       doubling(`"aaaa"`, `regexreplace(@, "a", "$0$0")`),
		"formatdate":         local(`formatdate("` + strings.Repeat("YYYY", 10_000) + `", "2026-01-01T00:00:00Z")`),
		"json deep":          local(`jsondecode("` + strings.Repeat("[", 100_000) + `")`),
		"json number":        local(`jsondecode("[1e99999999]")`),
		"yaml deep":          local(`yamldecode("` + strings.Repeat("[", 100_000) + `")`),
		"yaml blocks":        local(`yamldecode("` + strings.Repeat("- ", 100_000) + `")`),
		"yaml itself":        local(`yamldecode("a: &a [*a]")`),
		"values nest":        doubling(`"x"`, `[[[[[[[[[[[[[[[@]]]]]]]]]]]]]]]`),
		"comparison":         doubling(`["x"]`, `@ == @ ? [@, @] : [@]`),
		"conditions":         local("[for a in range(1000) : a == 1 ? " + million + " : [\"x\"]]"),
		"many types":         local("tolist([for a in range(1000) : { for b in range(a) : \"k${b}\" => a }])"),
		"distinct":           local("[for a in range(1000) : distinct([for b in " + million + " : { a = b }])]"),
		"names":              "domains \"x\" {\n  names = [for a in flatten([for b in range(4) : " + million + "]) : \"n.com\"]\n}\n",
		"long name":          doubling(`"x"`, `length("@") < 1000000 ? "${@}${@}" : @`),
		"nameservers":        "domains \"x\" {\n  names       = [for a in range(1000) : \"n${a}.com\"]\n  nameservers = [for a in " + million + " : \"${each.name}.${a}.com\"]\n}\n",
		"attribute":          "domains \"x\" {\n  names       = [for a in range(1000) : \"n${a}.com\"]\n  lapse = join(\"\", concat([each.name], " + million + "))\n}\n",
		"cycle":              doubling(`local.a60`, `[@]`),
		"infinity":           local("(1 / 0) * 0 + (1 / 0 - 1 / 0) % 0"),
		"division of both":   local("0 / 0"),
		"type":               "variable \"x\" {\n  type    = " + strings.Repeat("list(", 100_000) + "\n}\n",
		"typed default":      "variable \"x\" {\n  type    = list(number)\n  default = [\"" + strings.Repeat("9", 400_000) + "\"]\n}\n",
		"function of files":  local(`[for a in range(1000) : [for b in range(1000) : fileset(".", "**/**/**/**/*")]]`),
		"template itself":    local(`templatefile("self.tmpl", {})`),
		"template doubles":   doubling(`"x"`, `templatefile("twice.tmpl", { a = @ })`),
		"template loops":     local(`templatefile("loops.tmpl", {})`),
		"chain":              chain(100_000),
		"template of parts":  local(`templatefile("parts.tmpl", {})`),
		"template joins":     local(`length("%{for a in range(1000)}%{for b in range(1000)}%{for c in range(1000)}x%{endfor}%{endfor}%{endfor}")`),
		"templates":          repeated(20_000, "template \"t%[1]d\" {\n  template = template.t%[2]d\n}\n"),
		"undeclared":         "locals {\n" + repeated(20_000, "  a%[1]d = local.none%[1]d\n") + "}\n",
		"wrong arguments":    "domain \"example.com\" {\n" + repeated(100_000, "  a%[1]d = 1\n") + "}\n",
		"no syntax":          strings.Repeat("x = = \n", 100_000),
		"long list":          "locals {\n  x = [\n" + strings.Repeat("1,\n", 300_000) + "]\n}\n",
		"compared sets":      local(`length([for k in range(900) : toset(range(900)) == toset(concat(range(900), [k + 0.5]))])`),
		"united sets":        local(`length([for k in range(900) : setunion(range(900), [k + 0.5])])`),
		"NaN":                local("log(0, 0)"),
	}
	all["yaml laughs"] = local(`yamldecode("` + laughs() + `")`)
	return all
}

// chain writes locals that need each other, one by one.
func chain(n int) string {
	var b strings.Builder
	b.WriteString("locals {\n  a0 = 1\n")
	for i := range n {
		fmt.Fprintf(&b, "  a%d = local.a%d\n", i+1, i)
	}
	return b.String() + "}\n"
}

// repeated writes a format many times, with numbers that follow each other.
func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+"%[3]s", i, i+1, "")
	}
	return b.String()
}

// laughs writes a document whose parts stand for twice the part before them.
func laughs() string {
	s := `a0: &a0 [x, x]\n`
	for i := range 60 {
		s += fmt.Sprintf(`a%d: &a%d [*a%d, *a%d]\n`, i+1, i+1, i, i)
	}
	return s
}

// mostSeconds is much longer than any hostile file takes on a machine that has
// nothing else to do.
const mostSeconds = 60

func loadHostile(text string, b config.Bounds) (*config.Portfolio, config.Diagnostics) {
	return config.LoadFS(fstest.MapFS{
		"main.hcl":   {Data: []byte(text)},
		"self.tmpl":  {Data: []byte(`${templatefile("self.tmpl", {})}`)},
		"parts.tmpl": {Data: bytes.Repeat([]byte("${1}\n"), 1_000_000)},
		"twice.tmpl": {Data: []byte(`${a}${a}`)},
		"loops.tmpl": {Data: []byte(`%{for a in range(1000)}%{for b in range(1000)}%{for c in range(1000)}x%{endfor}%{endfor}%{endfor}`)},
	}, config.Options{Bounds: b})
}

// TestHostileFilesEnd loads what would hang, fill the memory or break down, and
// wants a mistake with its place, or a result.
func TestHostileFilesEnd(t *testing.T) {
	t.Parallel()
	harmless := map[string]bool{"formatdate": true, "infinity": true, "long name": true, "loops without ends": true}
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			bounds := config.DefaultBounds().Times(0.1)
			bounds.Steps = 2_000_000
			bounds.Nesting = config.DefaultBounds().Nesting
			start := time.Now()
			p, diags := loadHostile(text, bounds)
			said := diags.String()
			if took := time.Since(start); took > mostSeconds*time.Second {
				t.Errorf("it takes %v", took)
			} else {
				t.Logf("%v: %.300s", took, said)
			}
			if p != nil && !harmless[name] {
				t.Error("accepted")
			}
			if strings.Contains(said, "goroutine") {
				t.Error("it tells where the program broke down")
			}
			if len(said) > 1<<20 {
				t.Errorf("it says %d bytes", len(said))
			}
			for _, d := range diags.Diagnostics {
				if d.Subject == nil || d.Subject.Filename == "" {
					t.Errorf("no place: %v", d)
				}
			}
		})
	}
}

// FuzzHostile loads whole configurations, evaluation included, within tight
// bounds: whatever the text says, loading ends soon, and each mistake has words.
// It begins with everything that is known to be hostile.
func FuzzHostile(f *testing.F) {
	for _, text := range hostile() {
		if len(text) < 1<<16 {
			f.Add(text)
		}
	}
	for _, expr := range lookups {
		f.Add(string(tableOf(3, expr)["main.hcl"].Data))
	}
	bounds := config.DefaultBounds().Times(0.005)
	bounds.Nesting = 100
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		p, diags := loadHostile(text, bounds)
		if took := time.Since(start); took > mostSeconds/2*time.Second {
			t.Errorf("it takes %v", took)
		}
		if p == nil && !diags.HasErrors() {
			t.Error("no portfolio, and no mistake")
		}
		if len(diags.String()) > 1<<20 {
			t.Error("the mistakes are told at great length")
		}
	})
}

// TestDefaultBoundsTakeAMillionNames: a table of that many is what the program
// is for, and twice its work must fit. The work is counted for fewer names.
func TestDefaultBoundsTakeAMillionNames(t *testing.T) {
	t.Parallel()
	const names, more = 10_000, 100
	p, diags := config.LoadFS(table(names), config.Options{})
	if p == nil {
		t.Fatal(diags)
	}
	if most := config.DefaultBounds().Steps; 2*p.Steps*more > most {
		t.Errorf("%d names take %d steps; a million may take %d", names, p.Steps, most)
	}
}
