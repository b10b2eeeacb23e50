package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config"
)

// computed has for each documented function expressions that call it, with true ones
// alone.
var computed = map[string]string{
	"abs": `abs(-3) == 3`, "alltrue": `alltrue([true, true]) && !alltrue([true, false])`, "anytrue": `anytrue([false, true])`,
	"can": `can(1 + 1) && !can(tonumber("a"))`, "ceil": `ceil(1.2) == 2`, "chomp": `chomp("a\n") == "a"`, "chunklist": `chunklist([1, 2, 3], 2)[1][0] == 3`,
	"coalesce": `coalesce(null, "a") == "a"`, "coalescelist": `coalescelist([], ["a"])[0] == "a"`, "compact": `length(compact(["a", ""])) == 1`,
	"concat": `concat(["a"], ["b"])[1] == "b"`, "contains": `contains(["a", "b"], "b") && !contains(["a"], "b")`,
	"csvdecode": `csvdecode("name,ns\nexample.com,x\n")[0].ns == "x"`, "distinct": `length(distinct(["a", "a"])) == 1`, "element": `element(["a", "b"], 3) == "b"`,
	"endswith": `endswith("example.com", ".com")`, "file": `trimspace(file("names.txt")) == "example.com"`, "fileset": `contains(fileset(".", "**/*.txt"), "below/more.txt")`,
	"flatten": `flatten([["a"], ["b"]])[1] == "b"`, "floor": `floor(1.8) == 1`, "format": `format("%s-%03d", "a", 7) == "a-007"`,
	"formatdate": `formatdate("YYYY-MM", "2026-11-30T00:00:00Z") == "2026-11"`, "formatlist": `formatlist("ns%d.example", [1, 2])[1] == "ns2.example"`,
	"indent": `indent(2, "a\nb") == "a\n  b"`, "index": `index(["a", "b"], "b") == 1`, "join": `join(",", ["a", "b"]) == "a,b"`,
	"jsondecode": `jsondecode("{\"a\": [1]}").a[0] == 1`, "jsonencode": `jsonencode({ a = 1 }) == "{\"a\":1}"`, "keys": `keys({ b = 1, a = 2 })[0] == "a"`,
	"length": `length(["a"]) == 1 && length("ab") == 2 && length({ a = 1 }) == 1`, "log": `log(8, 2) == 3`, "lookup": `lookup({ a = "x" }, "b", "none") == "none"`,
	"lower": `lower("A") == "a"`, "max": `max(1, 3, 2) == 3`, "merge": `merge({ a = 1 }, { a = 2 }).a == 2`, "min": `min(3, 1) == 1`,
	"nonsensitive": `nonsensitive(var.secret) == "s"`, "one": `one(["a"]) == "a" && one([]) == null`, "parseint": `parseint("ff", 16) == 255`, "pow": `pow(2, 10) == 1024`,
	"range": `length(range(3)) == 3`, "regex": `regex("[0-9]+", "ns12") == "12"`, "regexall": `length(regexall("[a-z]", "a1b"))== 2`,
	"regexreplace": `regexreplace("ns1", "[0-9]", "x") == "nsx"`, "replace": `replace("a.b", ".", "-") == "a-b"`, "reverse": `reverse(["a", "b"])[0] == "b"`,
	"setintersection": `length(setintersection(["a", "b"], ["b"])) == 1`, "setproduct": `length(setproduct(["a", "b"], ["c"])) == 2`,
	"setsubtract": `length(setsubtract(["a", "b"], ["b"])) == 1`, "setunion": `length(setunion(["a"], ["b"])) == 2`, "signum": `signum(-4) == -1`,
	"slice": `slice(["a", "b", "c"], 1, 2)[0] == "b"`, "sort": `sort(["b", "a"])[0] == "a"`, "split": `split(".", "a.b")[1] == "b"`, "startswith": `startswith("ns1", "ns")`,
	"strrev": `strrev("ab") == "ba"`, "substr": `substr("example", 0, 2) == "ex"`, "sum": `sum([1, 2]) == 3`, "templatefile": `trimspace(templatefile("greet.tmpl", { name = "a" })) == "hello a"`,
	"timeadd": `timeadd("2026-11-30T00:00:00Z", "24h") == "2026-12-01T00:00:00Z"`, "timecmp": `timecmp("2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z") == -1`,
	"title": `title("ada example") == "Ada Example"`, "tobool": `tobool("true")`, "tolist": `tolist(toset(["a"]))[0] == "a"`, "tomap": `tomap({ a = "x" })["a"] == "x"`,
	"tonumber": `tonumber("7") == 7`, "toset": `length(toset(["a", "a"])) == 1`, "tostring": `tostring(7) == "7"`, "trim": `trim("--a--", "-") == "a"`,
	"trimprefix": `trimprefix("ns1", "ns") == "1"`, "trimspace": `trimspace(" a ") == "a"`, "trimsuffix": `trimsuffix("a.com", ".com") == "a"`,
	"try": `try(tonumber("a"), 5) == 5`, "upper": `upper("a") == "A"`, "values": `values({ a = "x" })[0] == "x"`, "yamldecode": `yamldecode("a: [1]").a[0] == 1`,
	"zipmap": `zipmap(["a"], [1]).a == 1`,
}

// TestDocumentedFunctionsCompute: each function that the document lists can be called, and
// does what Terraform's of that name does; so do the expressions of its text.
func TestDocumentedFunctionsCompute(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(string(document()), "\n## Functions\n")
	section, _, _ = strings.Cut(section, "\n## ")
	listed := make(map[string]bool)
	for _, call := range regexp.MustCompile("`([a-z]+)\\([^`]*\\)`[,.]").FindAllStringSubmatch(section, -1) {
		if listed[call[1]] = true; computed[call[1]] == "" && call[1] != "merge" && call[1] != "concat" {
			t.Errorf("%s is documented, and nothing shows that it works: add an expression", call[1])
		}
	}
	if len(listed) < 70 {
		t.Errorf("only %d functions are listed: is the section read?", len(listed))
	}
	console := consoleOver(t, map[string]string{
		"main.hcl":  "variable \"secret\" {\n  default   = \"s\"\n  sensitive = true\n}\nlocals {\n  rows = csvdecode(\"name,ns\\nexample.com,x\\nexample.net,y\\n\")\n  list = [\"a\"]\n}\ndomain \"example.com\" {\n}\n",
		"names.txt": "example.com\n", "below/more.txt": "x", "greet.tmpl": "hello ${name}\n",
	})
	expressions := map[string]string{
		"a loop with a condition": `length([for r in local.rows : r if r.name == "example.net"]) == 1`, "a longer list": `concat(local.list, ["b"])[1] == "b"`,
		"a map by name": `{ for r in local.rows : r.name => r.ns }["example.net"] == "y"`,
	}
	for name, text := range computed {
		if !listed[name] {
			t.Errorf("%s is not documented", name)
		}
		expressions[name] = text
	}
	for name, text := range expressions {
		if v, diags := console.Eval(text, 1, nil); v != "true" {
			t.Errorf("%s: %s is %s: %s", name, text, v, diags)
		}
	}
}

// consoleOver is a console over files.
func consoleOver(t *testing.T, files map[string]string) *config.Console {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	console := new(config.Console)
	if _, diags := config.Load(dir, config.Options{Console: console}); diags.HasErrors() {
		t.Fatal(diags)
	}
	return console
}
