package corpus

import (
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const apache = `Copyright 2021 The Authors. All rights reserved.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
`

const mit = `Copyright (c) 2021 Jane Doe

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction.

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND.
`

const bsd = `Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

  1. Redistributions of source code must retain the above copyright notice,
     this list of conditions and the following disclaimer.

THIS SOFTWARE IS PROVIDED BY THE AUTHOR ''AS IS'' AND ANY EXPRESS OR IMPLIED
WARRANTIES ARE DISCLAIMED. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY
DAMAGES.
`

// commented puts a mark before each line.
func commented(mark, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(mark+" "+strings.TrimSuffix(line, "\n"), " ") + "\n")
	}
	return b.String()
}

func TestStripLicence(t *testing.T) {
	const doc = "// Package a does\n// what a package does.\npackage a\n"
	for name, c := range map[string]struct{ language, text, want string }{
		"none":                    {"go", doc, doc},
		"Apache":                  {"go", commented("//", apache) + "\n" + doc, doc},
		"MIT":                     {"go", commented("//", mit) + "\n" + doc, doc},
		"BSD":                     {"go", commented("//", bsd) + "\n" + doc, doc},
		"BSD after its copyright": {"go", "// Copyright 2021 Jane Doe\n\n" + commented("//", bsd) + "\n" + doc, doc},
		"Go's":                    {"go", "// Copyright 2009 The Go Authors. All rights reserved.\n// Use of this source code is governed by a BSD-style\n// license that can be found in the LICENSE file.\n\n" + doc, doc},
		"SPDX":                    {"go", "// SPDX-FileCopyrightText: 2021 Jane Doe\n// SPDX-License-Identifier: MIT\n\n" + doc, doc},
		"SPDX on its own":         {"go", "// SPDX-License-Identifier: GPL-3.0-only\npackage a\n", "package a\n"},
		"between stars":           {"go", "/*\n" + apache + "*/\n\n" + doc, doc},
		"with stars":              {"java", "/*\n" + commented(" *", mit) + " */\npackage a;\n", "package a;\n"},
		"on one line":             {"c", "/* Copyright 2021 Jane Doe */\n#include <a.h>\n", "#include <a.h>\n"},
		"in hashes":               {"python", "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n" + commented("#", apache) + "\nimport a\n", "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n\nimport a\n"},
		"framed":                  {"go", "//////////////\n// Copyright 2021\n//////////////\n\n" + doc, doc},

		"constraint below":       {"go", "// Copyright 2021 X\n\n//go:build linux\n\n" + doc, "//go:build linux\n\n" + doc},
		"constraint above":       {"go", "//go:build linux\n// +build linux\n\n// Copyright 2021 X\n\n" + doc, "//go:build linux\n// +build linux\n\n" + doc},
		"constraint in between":  {"go", "// Copyright 2021 X\n//go:build linux\n// Licensed under the MIT license.\n\n" + doc, "//go:build linux\n\n" + doc},
		"constraint right below": {"go", "// Copyright 2021 X\n// All rights reserved.\n//go:build linux\n\n" + doc, "//go:build linux\n\n" + doc},

		"documentation in one comment":    {"go", commented("//", apache) + "//\n" + doc, doc},
		"documentation in a long comment": {"go", "/*\nCopyright 2021 X\n\nPackage a reads licenses.\n*/\npackage a\n", "/*\nPackage a reads licenses.\n*/\npackage a\n"},
		"documentation on the next line":  {"go", "// Copyright 2021 X\n" + doc, doc},
		"documentation of Java":           {"java", "/**\n * Copyright 2021 X\n *\n * Sorts things.\n */\nclass A {}\n", "/**\n * Sorts things.\n */\nclass A {}\n"},
		"of a script":                     {"javascript", "/**\n * @license MIT\n */\nf()\n", "f()\n"},
		"documentation about licences":    {"go", "// Package a reads the license of a file.\n//\n// Copyright lines are kept.\npackage a\n", "// Package a reads the license of a file.\n//\n// Copyright lines are kept.\npackage a\n"},
		"documentation first":             {"go", "// Package a is small.\n\n// Copyright 2021 X\n\npackage a\n", "// Package a is small.\n\npackage a\n"},
		"not a header":                    {"go", "package a\n\n// Copyright is a field.\nvar Copyright string\n", "package a\n\n// Copyright is a field.\nvar Copyright string\n"},
		"a comment that does not end":     {"c", "/* Copyright 2021\nint x;\n", "/* Copyright 2021\nint x;\n"},
		"code after a comment":            {"c", "/* Copyright 2021 */ int x;\n", "/* Copyright 2021 */ int x;\n"},
		"include is no comment":           {"c", "#include <copyright.h>\nint x;\n", "#include <copyright.h>\nint x;\n"},
	} {
		if got := stripLicence(c.language, c.text); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// TestStripLicenceOfGo compares files of the standard library before and after, as the parser sees them.
func TestStripLicenceOfGo(t *testing.T) {
	root := filepath.Join(build.Default.GOROOT, "src")
	files, stripped := 0, 0
	for _, dir := range []string{"os", "net", "go"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.Contains(path, "testdata") {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			before, after := string(data), stripLicence("go", string(data))
			was, err := parser.ParseFile(token.NewFileSet(), path, before, parser.ParseComments)
			if err != nil {
				return err
			}
			is, err := parser.ParseFile(token.NewFileSet(), path, after, parser.ParseComments)
			if err != nil {
				t.Errorf("%s: %v", path, err)
				return nil
			}
			files++
			if len(after) < len(before) {
				stripped++
			}
			if strings.Contains(after, "Use of this source code is governed by a BSD-style\n") && strings.HasPrefix(after, "// Copyright") {
				t.Errorf("%s still has its licence", path)
			}
			doc := was.Doc.Text()
			if strings.HasPrefix(doc, "Copyright") {
				doc = "" // a licence with no blank line after it
			}
			if doc != is.Doc.Text() || constraintOf(was) != constraintOf(is) {
				t.Errorf("%s: documentation %q became %q, constraint %q became %q", path, was.Doc.Text(), is.Doc.Text(), constraintOf(was), constraintOf(is))
			}
			if before[was.Name.Pos()-was.FileStart:] != after[is.Name.Pos()-is.FileStart:] {
				t.Errorf("%s: code changed", path)
			}
			return nil
		})
		if err != nil {
			t.Skip("the sources of Go are needed: ", err)
		}
	}
	if stripped < files*9/10 || files < 500 {
		t.Errorf("%d of %d files have lost their licence", stripped, files)
	}
}

func constraintOf(f *ast.File) string {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if c.Pos() < f.Package && constraint.IsGoBuild(c.Text) {
				return c.Text
			}
		}
	}
	return ""
}
