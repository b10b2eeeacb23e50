package distort

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Shapes returns distortions that leave what an answer says as it is: the shapes
// that the reference or its samples show.
func Shapes(o *wire.Operation) []Distortion {
	whole := func(change func(s *wire.Schema, members map[string]any)) func(int, map[string]any) any {
		return func(_ int, members map[string]any) any {
			change(o.Response, members)
			return members
		}
	}
	return []Distortion{
		{Name: "bare lists", Change: whole(lists(func(_ *wire.Field, entries []any) any { return entries }))},
		{Name: "wrapped lists", Change: whole(lists(func(f *wire.Field, entries []any) any { return wrap(f, entries) }))},
		{Name: "single elements", Change: whole(lists(func(f *wire.Field, entries []any) any {
			if len(entries) == 1 {
				return wrap(f, entries[0])
			}
			return wrap(f, entries)
		}))},
		{Name: "empty lists as objects", Change: whole(lists(func(f *wire.Field, entries []any) any {
			if len(entries) == 0 {
				return map[string]any{}
			}
			return wrap(f, entries)
		}))},
		{Name: "text for numbers and booleans", Change: func(_ int, members map[string]any) any { return texts(members) }},
		{Name: "names in lower case", Change: func(_ int, members map[string]any) any { return renamed(members, strings.ToLower) }},
		{Name: "names in upper case", Change: func(_ int, members map[string]any) any { return renamed(members, strings.ToUpper) }},
		{Name: "an answer with more than is known", Change: func(_ int, members map[string]any) any {
			members["Extra"] = map[string]any{"Code": "Odd", "Items": []any{1, nil, "x"}}
			return members
		}},
	}
}

// wrap puts the entries of a list under its inner name, where it has one.
func wrap(f *wire.Field, entries any) any {
	if f.Item == "" {
		return entries
	}
	return map[string]any{f.Item: entries}
}

// lists changes every list of an answer.
func lists(change func(f *wire.Field, entries []any) any) func(*wire.Schema, map[string]any) {
	var walk func(s *wire.Schema, members map[string]any)
	walk = func(s *wire.Schema, members map[string]any) {
		for i := range s.Fields {
			f := &s.Fields[i]
			value, there := members[f.Name]
			switch {
			case !there || f.Comma:
			case f.List:
				entries := entriesOf(value)
				for _, e := range entries {
					if object, ok := e.(map[string]any); ok && f.Members != nil {
						walk(f.Members, object)
					}
				}
				members[f.Name] = change(f, entries)
			case f.Members != nil:
				if object, ok := value.(map[string]any); ok {
					walk(f.Members, object)
				}
			}
		}
	}
	return walk
}

// entriesOf returns the entries of a list as the simulator writes it.
func entriesOf(list any) []any {
	if object, ok := list.(map[string]any); ok {
		for _, inner := range object {
			list = inner
		}
	}
	entries, _ := list.([]any)
	return entries
}

// texts writes every number and boolean as text.
func texts(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, v := range value {
			value[name] = texts(v)
		}
	case []any:
		for i, v := range value {
			value[i] = texts(v)
		}
	case json.Number, bool:
		return fmt.Sprint(value)
	}
	return value
}

// renamed writes the name of every member otherwise.
func renamed(value any, name func(string) string) any {
	switch value := value.(type) {
	case map[string]any:
		other := make(map[string]any, len(value))
		for k, v := range value {
			other[name(k)] = renamed(v, name)
		}
		return other
	case []any:
		for i, v := range value {
			value[i] = renamed(v, name)
		}
	}
	return value
}

// splitPath splits a member's whole name, without the signs for elements.
func splitPath(path string) (names []string) {
	for part := range strings.SplitSeq(path, ".") {
		if part != "N" {
			names = append(names, part)
		}
	}
	return names
}

// each calls change with every object that has the member at a path.
func each(value any, path []string, change func(object map[string]any)) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			each(v, path, change)
		}
	case map[string]any:
		if len(path) == 1 {
			if _, there := value[path[0]]; there {
				change(value)
				return
			}
		} else if inner, there := value[path[0]]; there {
			each(inner, path[1:], change)
			return
		}
		if len(value) == 1 { // the list's wrapper
			for _, inner := range value {
				if _, list := inner.([]any); list {
					each(inner, path, change)
				}
			}
		}
	}
}
